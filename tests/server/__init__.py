"""Settings, signing in, and the processes of one machine."""
