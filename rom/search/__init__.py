"""A question, as one request; and its rows."""
