"""Rows of a model, from values."""
import rom


def save(model, rows):
    """Store a row for each dict of values; the session knows none of them afterwards."""
    for row in rows:
        model(**row)
    rom.session.commit()
    rom.session.rollback()
