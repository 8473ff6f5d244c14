"""The only wing that talks to Redis."""
