"""What a program has changed, on its way to Redis."""
