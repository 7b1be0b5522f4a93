"""What the API does: gather the facts, ask the mandate, keep the result."""
