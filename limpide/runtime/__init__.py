"""Processes and threads that work for a night: workers and their guards, prefetching, heartbeat.

Belongs here: deadlines, memory, deaths. Does not belong here: what is worked on.
"""
