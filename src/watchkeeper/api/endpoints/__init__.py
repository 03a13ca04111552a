"""The endpoints, a file each for what belongs together; every file has a `router`."""
