"""Patches of private parts of dependencies: each one here, with its reason and the versions it was tested with.

Belongs here: what replaces a method or an import of a dependency while a night runs. Does not belong here: what a
public interface allows. Every module names a `Patch`; outside the versions tested it does nothing,
and the program is slower, never wrong.
"""
