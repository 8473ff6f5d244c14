"""What a library exports, as plain data: read off its objects with `inspect`, never from source.

Used by make_manifest.py (under rom 1.1.2) and by test_manifest.py (under this library)."""
import inspect

PUBLIC_NAMES = {
    'rom.columns': '''
        Column Integer Boolean Float Decimal DateTime SaferDateTime Date Time String Text Json PrimaryKey ManyToOne
        OneToOne OneToMany ForeignModel IndexOnly UnsafeColumn MODELS MODELS_REFERENCED ON_DELETE SKIP_ON_DELETE
        NULL _Column''',
    'rom.exceptions': '''
        ORMError UniqueKeyViolation InvalidOperation ColumnError BulkError QueryError RestrictError DataRaceError
        EntityDeletedError MissingColumn InvalidColumnValue UnsafeError''',
    'rom.index': 'GeneralIndex GeoIndex Geofilter Prefix Suffix Pattern',
    'rom.model': 'Model _ModelMetaclass',
    'rom.query': '''
        Query NOT_NULL _dict_data_factory _list_data_factory _tuple_data_factory _namedtuple_data_factory''',
    'rom.util': '''
        set_connection_settings get_connection CONNECTION REDIS_URI _connect session Session use_null_session
        use_rom_session NULL_SESSION FULL_TEXT SIMPLE SIMPLE_CI CASE_INSENSITIVE IDENTITY IDENTITY_CI IDENTITY_STRING
        IDENTITY_STRING_CI STRING_INDEX_KEYGENS STRING_INDEX_KEYGENS_STR STRING_SORT_KEYGENS STRING_SORT_KEYGENS_STR
        _string_keygen _numeric_keygen _boolean_keygen _many_to_one_keygen _prefix_score _to_score dt2ts ts2dt t2ts
        ts2t _encode_unique_constraint _script_load refresh_indices refresh_all_indexes clean_old_index
        clean_unsafe_cols show_progress Lock EntityLock ClassProperty''',
}
PUBLIC_NAMES = {module: tuple(names.split()) for module, names in PUBLIC_NAMES.items()}

# What a class must offer beside its public methods: what programs use of it under a private name.
PRIVATE_MEMBERS = {
    'Model': '''_pk _columns _pkey _namespace _index _unique _cunique _prefix _suffix _geo _required _connection
        _before_insert _after_insert _before_update _after_update _before_delete _after_delete''',
    'Query': '_model _filters _order_by _limit _select',
    'Column': '_attr _model _required _default _unique _index _keygen _prefix _suffix _allowed',
}
SIMPLE = (type(None), bool, int, float, str, type(u''))


def signature(function):
    """{'args': [...], 'defaults': {name: value}, 'varargs': True, 'kwargs': True} or None; without self or cls.

    The defaults hold every optional argument, a value that JSON cannot say as '<object>'; what is empty is left out."""
    function = getattr(function, '__func__', function)
    try:
        argspec = getattr(inspect, 'getfullargspec', None) or inspect.getargspec
        spec = argspec(getattr(function, '__wrapped__', function))
    except TypeError:
        return None
    args = list(spec.args)
    optional = args[len(args) - len(spec.defaults or ()):]
    defaults = dict(zip(optional, [_plain(value) for value in spec.defaults or ()]))
    if args and args[0] in ('self', 'cls', '_cls'):
        args = args[1:]
    described = {'args': args, 'defaults': defaults, 'varargs': bool(spec.varargs),
                 'kwargs': bool(getattr(spec, 'varkw', None) or getattr(spec, 'keywords', None))}
    return {key: value for key, value in described.items() if value or key == 'args'}


def _plain(value):
    if isinstance(value, SIMPLE):
        return value
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return '<object>'


def describe(thing):
    """One export as data: kind, signature, for classes also bases and members."""
    if inspect.isclass(thing):
        return describe_class(thing)
    if callable(thing) and hasattr(thing, '__name__'):
        return {'kind': 'function', 'signature': signature(thing)}
    if isinstance(thing, SIMPLE):
        return {'kind': 'value', 'type': 'text' if isinstance(thing, (str, type(u''))) else type(thing).__name__}
    return {'kind': 'value', 'type': type(thing).__name__}


def describe_class(cls):
    """A class as data: the names of its ancestors, its construction and its members."""
    known = [base.__name__ for base in cls.__mro__[1:] if base is not object]
    members = {}
    for name in member_names(cls):
        attribute = _raw_member(cls, name)
        function = getattr(attribute, '__func__', attribute)
        members[name] = signature(function) if inspect.isfunction(function) else None
    init = _raw_member(cls, '__init__')
    fields = getattr(cls, '_fields', None)
    described = {'kind': 'class', 'bases': known, 'members': members,
                 'signature': signature(init) if inspect.isfunction(init) else None,
                 'fields': list(fields) if fields else None}
    return {key: value for key, value in described.items() if value}


def member_names(cls):
    """The public methods and attributes of a class, and the private ones in PRIVATE_MEMBERS."""
    names = set()
    for base in cls.__mro__:
        if base.__module__.split('.')[0] != 'rom' or base.__name__ == 'AttrDict':
            continue
        names.update(name for name in vars(base) if not name.startswith('_'))
        names.update(PRIVATE_MEMBERS.get(base.__name__, '').split())
    return sorted(names - set(getattr(cls, '_fields', None) or ()) - {'id'})


def _raw_member(cls, name):
    for base in cls.__mro__:
        if name in vars(base):
            return vars(base)[name]
    return None
