"""Judging: sandbox, verdict, inputs, the sealed assessment."""
