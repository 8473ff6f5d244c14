"""Places in the results of a query, and the texts that stand for them.

A position is a dict: `id`, and what the row has there: `score`, or, of the orders in `rom.search.orders`, `first` and `keys`.
A cursor is a position and a digest of it and of the query: another query does not take it, nor one that was changed on the way.
"""
import base64
import binascii
import hashlib
import json

import six

from ..exceptions import QueryError
from ..values import codecs, keygens
from .orders import kind_of

__all__ = ['only_behind', 'position_in', 'to_cursor', 'to_position']


def to_cursor(search, position):
    """Return the text that stands for a position.

    :param search: a `Search`, or one of all rows
    :param position: dict
    """
    text = json.dumps(position, sort_keys=True, separators=(',', ':')).encode('ascii')
    return (base64.urlsafe_b64encode(text).rstrip(b'=') + b'.' + _digest(search, text)).decode('ascii')


def to_position(search, cursor):
    """Return the position that a cursor stands for.

    :raises QueryError: where it is none, or one of another query
    """
    try:
        text, _, digest = cursor.encode('ascii').partition(b'.')
        text = base64.urlsafe_b64decode(text + b'=' * (-len(text) % 4))
        if digest == _digest(search, text):
            return json.loads(text.decode('ascii'))
    except (UnicodeError, ValueError, TypeError, binascii.Error):
        pass
    raise QueryError('%s.query.after takes a cursor of the same query: its model, filters and order; you provided %s'
                     % (search.namespace, codecs._shown(cursor)), model=search.namespace)


def _digest(search, text):
    known = json.dumps(search.identity(), sort_keys=True).encode('ascii')
    return hashlib.sha1(known + b'\0' + text).hexdigest()[:16].encode('ascii')


def only_behind(position, found, in_order):
    """Return the ids that come behind a position.

    :param position: dict; None for all of them
    :param found: {id: score, or list of what the row has in each column of an order}
    :param in_order: callable(such a dict) -> list of its ids
    """
    if not (found and position):
        return in_order(found)
    some, at = next(iter(found.items()))
    own = position['id'].encode('ascii') if isinstance(some, bytes) else position['id']
    mark = own + (b'\0' if isinstance(own, bytes) else u'\0')  # no id, and next to its own
    if isinstance(at, list):
        values = [None if each is False else each for each in [position['first']] + list(position['keys'])]
        values[0] = at[0] if position['first'] is False else values[0]
        if isinstance(some, bytes):
            values = [each.encode('utf-8') if isinstance(each, six.text_type) else each for each in values]
    else:
        values = float(position.get('score', at))  # without an order all have the same
    ids = in_order(dict(list(found.items()) + [(mark, values)]))
    ids = ids[ids.index(mark) + 1:]
    return ids[1:] if ids[:1] == [own] else ids  # in a descending order it is behind its mark


def position_in(search, schema, entity):
    """Return the position of an entity, as it was read, in the results of a query.

    :param search: a `Search`, or one of all rows
    :param schema: `Schema` of the model
    :param entity: of the model
    :raises QueryError: where it has none, or results come by distance
    """
    order, request, row = search.order, search.request, entity._rom.as_row()
    if order and order.parts:
        found = [_value(schema, part.name, row) for part in order.parts]
        return {'first': _present(schema, order.parts[0].name, found[0]), 'keys': found[1:], 'id': str(entity._rom.id)}
    if not request.get('order'):
        return {'first': False, 'keys': [], 'id': str(entity._rom.id)} if order else {'id': str(entity._rom.id)}
    asked = request['filters'][request['order'] - 1]
    if asked['kind'] != 'range':
        raise QueryError('%s.query: there is no cursor behind near, whose results come by distance' % schema.name, model=schema.name)
    name = search.name_of(asked['key'])
    score = _present(schema, name, _value(schema, name, row))
    return {'first': score, 'keys': [], 'id': str(entity._rom.id)} if order else {'score': score, 'id': str(entity._rom.id)}


def _present(schema, name, value):
    if value is False:
        raise QueryError('%s.query: a row without %s has no place in this order' % (schema.name, name), model=schema.name,
                         columns=(name,))
    return value


def _value(schema, name, row):
    """Return what a row is sorted by in a column, as text; False where there is nothing."""
    attr, _, entry = name.partition(':')
    column = schema.columns[attr]
    if attr == schema.pk:
        return '%d' % row[attr]
    if column._rom_is_missing(row):
        return False
    made = keygens.entries(column._rom_generated(row), column._rom_whole_word(row))
    if kind_of(schema, name) == 'word':
        return made.prefixes[0] if made.prefixes else False
    if entry and entry in made.words:
        return '1'
    score = made.scores.get(entry)
    return False if score is None else '%.17g' % score
