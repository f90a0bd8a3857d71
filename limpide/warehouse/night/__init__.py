"""One night: what arrived, its reading by workers, what the ledger is told."""
