"""The vocabulary: frozen values and pure functions over the standard library and `errors`."""
