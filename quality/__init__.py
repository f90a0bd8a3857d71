"""What must hold: Great Expectations suites and the other checks, as Dagster asset checks.

Belongs here: expectations and their severity. Does not belong here: repairing data, or moving it.
"""
