"""One file per format that a hospital sends: the neutral content written down in it.

Does not belong here: what the documents say (letters.py), what goes wrong with files (broken.py).
"""
