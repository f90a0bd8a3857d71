"""Results read in text: analytes, values, rows and headings of laboratory tables."""
