"""Continuous control monitoring for SentinelOne, with evidence an auditor can check."""

__version__ = "0.1.0"
