"""What people look at: tables, accounts of nights, scores, progress, as values and Markdown.

Belongs here: turning counts into what an operator reads. Does not belong here: counting, Dagster.
"""
