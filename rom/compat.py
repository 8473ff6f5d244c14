"""Names in the modules where 1.1.2 has them, for programs that import them from there."""

from . import columns, exceptions, index, model, query, util
from .storage import scripts
from .values import keygens

__all__ = ['give_names']

_KEYGENS = '''FULL_TEXT SIMPLE SIMPLE_CI CASE_INSENSITIVE IDENTITY IDENTITY_CI IDENTITY_STRING IDENTITY_STRING_CI
    STRING_INDEX_KEYGENS STRING_INDEX_KEYGENS_STR STRING_SORT_KEYGENS STRING_SORT_KEYGENS_STR'''
_MOMENTS = 'dt2ts t2ts ts2dt ts2t'

_NAMES = {
    columns: '''session _connect _boolean_keygen _many_to_one_keygen _numeric_keygen _string_keygen _UnsafeWrapper '''
             + _KEYGENS + ' ' + _MOMENTS,
    index: 'QueryError _prefix_score _script_load _to_score',
    model: '''session MODELS MODELS_REFERENCED Column GeneralIndex GeoIndex IndexOnly ManyToOne NUMERIC_TYPES OneToMany
        OneToOne PrimaryKey STRING_SORT_KEYGENS Text _connect _encode_unique_constraint _prefix_score _script_load''',
    query: 'session _connect _script_load STRING_SORT_KEYGENS STRING_SORT_KEYGENS_STR ' + _MOMENTS,
}


def give_names():
    """Put each name into each module that 1.1.2 has it in: the same object as where it lives."""
    rooms = (util, columns, columns.special, query, index, exceptions, keygens, scripts)
    for module, names in _NAMES.items():
        for name in names.split():
            owner = next(room for room in rooms if name in vars(room))
            setattr(module, name, getattr(owner, name))
