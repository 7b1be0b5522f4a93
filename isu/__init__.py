"""The front door: the only place where everything meets."""
