"""The synthetic feed, ours, with its ground truth.: anything the real pipeline imports

Does not belong here: .
"""
