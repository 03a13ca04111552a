"""The vocabulary: frozen values and pure functions. Imports the standard library and `errors` only."""
