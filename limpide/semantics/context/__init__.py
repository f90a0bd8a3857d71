"""What the words around a mention say of it: denied, doubted, whose, when, in which section."""
