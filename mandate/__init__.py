"""The ground floor: what the Convention and its Meetings lay down, as pure functions."""
