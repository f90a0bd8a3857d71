"""The files of the warehouse: ledger, lake, snapshots, catalogue.

Does not belong here: what a fact means.
"""
