"""Every test of Watchkeeper; a folder per layer."""
