"""Pure functions between values and the texts, scores and words that represent them."""
