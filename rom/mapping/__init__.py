"""How a class statement becomes a model."""
