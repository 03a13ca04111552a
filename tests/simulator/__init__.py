"""The simulated console, held to its own rules."""
