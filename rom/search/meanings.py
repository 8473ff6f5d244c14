"""What conditions mean: from the tree that a program wrote to filters, see :mod:`rom.values.filter_forms`."""

from ..exceptions import QueryError
from ..values.codecs import _shown
from ..values.conditions import AllOf, AnyOf, Not, Within, condition_of
from ..values.filter_forms import All, Any, Meant, Not as NotFilter, Null
from . import filters

__all__ = ['all_of', 'meant', 'meant_by_all', 'named', 'own_name']


def meant_by_all(model, conditions):
    """Return the filters of several conditions, all of which are meant.

    :param model: the Model class that is asked
    :param conditions: what a program gave to `filter`
    :returns: list of filters
    :raises QueryError: for what is no condition of the model, or cannot be answered by its indexes
    """
    found = []
    for each in conditions:
        condition = condition_of(each)
        if condition is None:
            what = 'no index compares columns: ' if isinstance(each, bool) else ''
            raise QueryError('%s%s.query.filter takes conditions such as %s.age >= 18, and keywords; you provided %s'
                             % (what, model.__name__, model.__name__, _shown(each)), model=model.__name__, value=each)
        found += meant(model, condition)
    return found


def meant(model, condition):
    """Return the filters of one condition, all of which are meant.

    :raises QueryError: where it is not of this model, or cannot be answered by its indexes
    """
    if isinstance(condition, AllOf):
        return [each for part in condition.parts for each in meant(model, part)]
    if isinstance(condition, AnyOf):
        found = [Any(tuple(all_of(meant(model, part)) for part in condition.parts))]
    elif isinstance(condition, Not):
        found = [NotFilter(all_of(meant(model, condition.part)))]
    elif isinstance(condition, Within):
        found = [filters.to_near(model._rom_schema, *condition.values)]
    else:
        found = _answered(model, condition)
    return [Meant(condition, tuple(found))]


def all_of(found):
    """Return filters, all of which are meant, as one."""
    return found[0] if len(found) == 1 else All(tuple(found))


# -- what one column is asked ------------------------------------------------------------------------------------------

def _by_index(flag, method):
    def answer(schema, name, operator, *values):
        return getattr(filters.index_named(schema, name, operator, flag), method)(*values)
    return answer


def _null(schema, name, operator, *values):
    if name not in schema.position:
        raise QueryError('%s.%s is no column that a row holds: .is_null() asks what the row has' % (schema.name, name),
                         model=schema.name, columns=(name,))
    return [Null(name)]


def _ordered(schema, name, operator, value):
    return filters.index_named(schema, name, operator, 'index').compared(operator, value)


def _search(schema, name, operator, text):
    index = filters.index_named(schema, name, operator, 'prefix')
    if not isinstance(text, filters._STRINGS):
        raise index.refuse('.search takes a string', text)
    return index.searched(text)


_ANSWERS = {
    '==': _by_index('index', 'equal_to'), '<': _ordered, '<=': _ordered, '>': _ordered, '>=': _ordered,
    'between': _by_index('index', 'between'), 'has_word': _by_index('index', 'with_word'), 'is_null': _null,
    'in_': lambda schema, name, operator, values: filters.to_any(schema, name, values),
    'startswith': lambda schema, name, operator, text: filters.to_prefixes(schema, name, text),
    'endswith': lambda schema, name, operator, text: filters.to_suffixes(schema, name, text),
    'search': _search,
    'like': lambda schema, name, operator, pattern: filters.to_patterns(schema, name, pattern),
}


def _answered(model, asked):
    name = own_name(model, asked.column)
    for value in asked.values:
        filters.refuse_columns(model._rom_schema, name, value)
    return _ANSWERS[asked.operator](model._rom_schema, name, asked.operator, *asked.values)


def named(model, name):
    """Return the name that a method of a query was given: a column stands for its own, all else is left as it is.

    :raises QueryError: for a column of another model
    """
    return own_name(model, name) if hasattr(type(name), '_rom_index') else name


def own_name(model, column):
    """Return the name under which a model has a column, its own or one of a base class.

    :raises QueryError: where it is of another model
    """
    for cls in model.__mro__:
        held = vars(cls)
        if column._attr is not None and held.get(column._attr) is column:
            return column._attr
        for name in held if column._attr is None else ():
            if held[name] is column:
                return name
    raise QueryError('%s.%s is no column of %s, which is asked here' % (column._model, column._attr, model.__name__),
                     model=model.__name__, columns=(column._attr,))
