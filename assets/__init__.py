"""What exists: thin Dagster assets, a file per stage, each reading like the sentence that describes its table.

Belongs here: asset definitions. Does not belong here: checks (quality/), jobs and schedules (pipelines/),
any work on documents or tables (limpide/).
"""
