"""Values and the texts, scores and words that stand for them: pure functions."""
