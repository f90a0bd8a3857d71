"""What an engine is worth: exams, comparisons, the arena.

Belongs here: measuring what engines say against a reference. Does not belong here: any rule that decides a fact.
"""
