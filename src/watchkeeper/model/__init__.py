"""The vocabulary: frozen values and pure functions; needs the standard library and `errors` only."""
