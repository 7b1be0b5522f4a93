"""What `make bench` measures: a larger register, the same queries, and servers beside each other."""
