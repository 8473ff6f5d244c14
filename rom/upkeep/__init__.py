"""Long jobs, as generators of their progress."""
