"""The engine: a document in, facts out. Plain Python, importable and testable alone.

Belongs here: reading documents, meaning, identity, OMOP rows, the files of the warehouse.
Does not belong here: Dagster, Great Expectations, schedules, anything about *when* it runs.
"""

__version__ = "0.1.0"
