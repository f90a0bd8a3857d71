"""When and how it runs: definitions, jobs, schedules, sensors, resources, the `limpide` command.

Belongs here: wiring and orchestration. Does not belong here: what a table holds (assets/) or means (limpide/).
"""
