"""Names and codes: the terminology, its matcher, composed terms, terms that a user adds."""
