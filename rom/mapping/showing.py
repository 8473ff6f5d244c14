"""What an entity shows of itself, in a shell or a log: without a round trip, and without raising."""

from ..storage import secrets
from ..values.showing import in_brackets, short

__all__ = ['shown_entity']


def shown_entity(entity):
    """Return the `repr` of an entity: its id, then the columns that have a value, as far as they fit.

    Nothing is loaded, no id is taken, no default asked; what was not read yet is decoded from the row.

    Example::

        shown_entity(user)      # "<User id=3 email='a@x' name='Ann'>"
    """
    try:
        return in_brackets(_head(entity._rom), _parts(entity._rom))
    except Exception:  # it is being made, or what it holds is odd beyond telling
        return '<%s>' % type(entity).__name__


def _head(state):
    head = [state.schema.name]
    if state.new:
        head.append('new')
    if state.id is not None:
        head.append('%s=%d' % (state.schema.pk, state.id))
    if state.deleted:
        head.append('deleted')
    return ' '.join(head)


def _parts(state):
    for attr in state.schema.stored:
        is_known = attr in state.values
        value = state.values[attr] if is_known else state.raw(attr)
        if value is not None:
            yield '%s=%s' % (attr, _value(state.schema.columns[attr], value, is_known))


def _value(column, value, is_known):
    if column.is_secret:
        return repr(secrets.HIDDEN)
    try:
        if not column.is_reference:
            return short(value if is_known else column.decode(value))
        id = (value._rom.id if hasattr(type(value), '_rom') else value.id) if is_known else int(value)
        return 'new' if id is None else short(id)
    except Exception:
        return '?'
