"""What the locker tells of Watchkeeper itself: the monitor is in its own population."""
