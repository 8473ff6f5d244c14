"""How a class statement becomes a model, and what an entity remembers of its row."""
