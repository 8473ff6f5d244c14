"""PURE: what stands in the place of a value that is not to be shown: of the columns that a model names in `_secret`."""

import six

from ..exceptions import ORMError
from ..values.names import nearest
from . import keys

__all__ = ['HIDDEN', 'hidden', 'hidden_in_entry', 'hidden_in_key', 'is_of_secret', 'told_for',
           'without_cause']

#: what is shown of a secret
HIDDEN = '***'

def hidden_in_key(schema, key):
    """Return a Redis key as it may be shown: of an index of words, the key has a word in it.

    :param schema: `Schema` of the model
    :param key: text

    Example::

        hidden_in_key(User._rom_schema, 'User:password:hunter2:idx')    # 'User:password:***:idx'
    """
    attr, colon, rest = key[len(keys.start(schema.namespace)):].partition(':')
    if not is_of_secret(schema, key) or not colon or rest in keys.INDEX_KINDS or rest.endswith('uidx'):
        return key
    return keys.index(schema.namespace, keys.entry_name(attr, HIDDEN), rest.rpartition(':')[2])


def is_of_secret(schema, key):
    """Whether a Redis key is of an index that holds values of a secret column."""
    start = keys.start(schema.namespace)
    if not schema.secret or not key.startswith(start):
        return False
    name, kind = keys.name_and_kind(key[len(start):])
    attrs = name.split(':')
    return not schema.secret.isdisjoint(attrs if kind == 'uidx' else attrs[:1])


def hidden_in_entry(schema, entry):
    """Return what a row lists of its index entries, ``COL:WORD`` or (column, word), as it may be shown."""
    if isinstance(entry, tuple):
        return (entry[0], HIDDEN) if entry[0] in schema.secret else entry
    attr, colon, _ = entry.partition(':')
    return keys.entry_name(attr, HIDDEN) if colon and attr in schema.secret else entry


def hidden(schema, told):
    """Return what is told of a model as it may be shown: the keys in it, however deep.

    :param schema: `Schema` of the model
    :param told: texts in dicts and lists
    """
    if not schema.secret:
        return told
    if isinstance(told, six.string_types):
        return hidden_in_key(schema, told)
    if isinstance(told, dict):
        return dict((name, hidden(schema, value)) for name, value in told.items())
    return [hidden(schema, each) for each in told] if isinstance(told, list) else told


def told_for(schema, name, value):
    """Return what may be told of a value that was given for a name which is no column: that of a secret one, mistyped."""
    return HIDDEN if schema.secret and (name in schema.secret or nearest(name, schema.secret)) else value


def without_cause(error):
    """Return an error that leads to none of those that it came from, and has no text in it that could not be converted."""
    error.__cause__ = error.__context__ = None
    error.__suppress_context__ = True
    if isinstance(error, (UnicodeEncodeError, UnicodeDecodeError)) and not isinstance(error, ORMError):
        shown = HIDDEN.encode('ascii') if isinstance(error.object, bytes) else six.text_type(HIDDEN)
        error.object, error.start, error.end = shown, 0, len(shown)
        error.args = (error.encoding, shown, 0, len(shown), error.reason)
    return error
