"""What is wrong with a record that is not what it should be, in words."""


def unlike(error: Exception) -> str:
    """What reading a record raised, as a clause: which key is missing, or what is odd of it."""
    if isinstance(error, KeyError):
        return f"it has no {error.args[0]!r}"
    if isinstance(error, ValueError):  # of no JSON too
        return f"it cannot be read ({error})"
    return "what it holds has another shape"
