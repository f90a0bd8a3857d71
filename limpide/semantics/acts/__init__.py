"""Acts read in text: operations, endoscopies, imaging, explorations, gestures, and what is said of each."""
