"""What the company says itself: one file per kind of statement or list. See `statements`."""
