"""The life of every document: the ledger, versions, which version stands."""
