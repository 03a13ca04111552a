"""Exceptions, attestations, scope rules and thresholds."""
