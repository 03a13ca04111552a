"""The controls as pages."""
