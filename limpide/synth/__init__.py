"""The synthetic feed, ours, with its ground truth: demonstration, load generator, round-trip tests.

Does not belong here: anything that the real pipeline imports.
"""
