"""The house: imports run one way, and no room or function grows out of hand."""
import ast
import io
import os
import re
import sys

import pytest
import redis

from repository import ROOT

pytestmark = pytest.mark.pure

SOURCE = os.path.join(ROOT, 'rom')

# From the front door down: a module imports only what stands on a lower line, or before it in its own wing.
LAYERS = [
    ['contrib'],
    ['__init__', 'compat', 'testing', 'model', 'util', 'beyond', 'upserts', 'lookups', 'query', 'index'],
    ['upkeep'],
    ['unitofwork', 'search'],
    ['mapping'],
    ['columns'],
    ['locks'],
    ['storage'],
    ['values'],
    ['descriptors', 'embedded', 'exceptions'],
]
MOST_LINES = 420
MOST_LINES_A_FUNCTION = 45


def modules():
    for folder, _, files in os.walk(SOURCE):
        for name in sorted(files):
            if name.endswith('.py'):
                path = os.path.relpath(os.path.join(folder, name), SOURCE)
                if sys.version_info[0] == 2 and path.replace(os.sep, '/') in NOT_FOR_PYTHON_2:
                    continue
                with io.open(os.path.join(SOURCE, path), encoding='utf-8') as file:
                    yield path, file.read()


def wing_of(dotted):
    return dotted.split('.')[0]


def imported(path, tree):
    """The wings that a file imports from, its own aside."""
    package = os.path.dirname(path).replace(os.sep, '.')
    own = package or os.path.splitext(path)[0]
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = [] if node.level == 2 or not package else [package]
        names = [node.module] if node.module else [alias.name for alias in node.names]
        for name in names:
            wing = wing_of('.'.join(base + [name]))
            if wing != own:
                yield own, wing


def layer_of(wing):
    return next(number for number, wings in enumerate(LAYERS) if wing in wings)


def test_every_room_is_on_the_list():
    rooms = set(wing_of(os.path.splitext(path)[0].replace(os.sep, '.')) for path, _ in modules())
    assert rooms == set(wing for wings in LAYERS for wing in wings)


def test_imports_run_downwards():
    wrong = []
    for path, text in modules():
        for own, wing in imported(path, ast.parse(text)):
            above, below = layer_of(own), layer_of(wing)
            if below < above or below == above and LAYERS[above].index(wing) < LAYERS[above].index(own):
                wrong.append((path, wing))
    assert wrong == []


def test_no_circle_within_a_wing():
    """Importing one room of a wing never needs a second that needs the first."""
    needs = {}
    for path, text in modules():
        room = os.path.splitext(path)[0].replace(os.sep, '.')
        package = room.rpartition('.')[0]
        needs[room] = set()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and node.level == 1 and package:
                names = [node.module] if node.module else [alias.name for alias in node.names]
                needs[room].update('%s.%s' % (package, name) for name in names)

    def reaches(start, room, seen):
        return any(each == start or each not in seen and not seen.add(each) and reaches(start, each, seen)
                   for each in needs.get(room, ()))
    assert [room for room in needs if reaches(room, room, set())] == []


def test_no_file_grows_out_of_hand():
    assert [(path, text.count('\n')) for path, text in modules() if text.count('\n') > MOST_LINES] == []


def test_no_function_grows_out_of_hand():
    long = []
    for path, text in modules():
        lines = text.split('\n')
        functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
        for node in functions:
            last = max(getattr(inner, 'lineno', node.lineno) for inner in ast.walk(node))
            docstring = ast.get_docstring(node) or ''
            if last - node.lineno - docstring.count('\n') > MOST_LINES_A_FUNCTION:
                long.append((path, node.name, last - node.lineno, lines[node.lineno - 1].strip()))
    assert long == []


#: coroutines, which only programs that have them import
NOT_FOR_PYTHON_2 = ('contrib/asgi.py', 'contrib/django_async.py', 'contrib/threads.py')


def test_python_2_7_reads_every_file():
    forbidden = [(path, type(node).__name__) for path, text in modules() for node in ast.walk(ast.parse(text))
                 if path.replace(os.sep, '/') not in NOT_FOR_PYTHON_2
                 if type(node).__name__ in ('JoinedStr', 'AnnAssign', 'NamedExpr', 'AsyncFunctionDef', 'Nonlocal')]
    assert forbidden == []


# -- who talks to Redis ------------------------------------------------------------------------------------------------

#: what hands on a program's own commands, and what looks after servers of its own
TALKS_TO_REDIS_AS_WELL = ('columns/special.py', 'embedded.py', 'testing.py')
#: what redis-py's methods share with dicts, entities and sessions counts only on what is named like a client
CLIENT_NAMES = re.compile(r'_?(conn|connection|client|pipe|pipeline)\Z')
COMMANDS = set(name for name in dir(redis.client.Pipeline) if not name.startswith('_'))
PLAIN_WORDS = set(dir(dict) + dir(list) + dir(set) + dir(str)) | set(
    ['close', 'delete', 'exists', 'execute', 'from_url', 'info', 'load', 'lock', 'memory', 'move', 'reset', 'save', 'set', 'time',
     'transaction', 'type', 'wait', 'watch'])


def name_of(node):
    """The last name of an expression: that of `self.entity._connection` is `_connection`."""
    return getattr(node, 'attr', getattr(node, 'id', ''))


def commands_sent(tree):
    """The calls that put something to a client: (line, what)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in ('Script', '_script_load'):
            yield node.lineno, 'Script'
        elif isinstance(node, ast.Attribute) and node.attr in COMMANDS and (
                node.attr not in PLAIN_WORDS or CLIENT_NAMES.match(name_of(node.value))):
            yield node.lineno, node.attr


def test_commands_are_found():
    text = ('a.hget(k)\nself.connection.get(k)\nread = conn.delete\nd.get(k)\nentity.delete()\nb = Script("x")\nc.execute_command("GET")\n'
            'x.scan_iter()\nfor a in self._connection.keys(): pass\nd.keys()')
    assert sorted(line for line, _ in commands_sent(ast.parse(text))) == [1, 2, 3, 6, 7, 8, 9]


def test_only_storage_sends_commands():
    assert [(path, line, what) for path, text in modules() for line, what in commands_sent(ast.parse(text))
            if not path.startswith('storage' + os.sep) and path.replace(os.sep, '/') not in TALKS_TO_REDIS_AS_WELL] == []


# -- second definitions ------------------------------------------------------------------------------------------------

#: what a key looks like where it is put together
SPELLS_A_KEY = re.compile(r'%s:%[sd](\Z|:)|:(idx|uidx|pre|suf|geo|once)(\Z|:)|\A(lock|once):')


def texts_of(tree):
    """The texts of a file without docstrings: (line, text)."""
    documented = [node.body[0].value for node in ast.walk(tree)
                  if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node)]
    for node in ast.walk(tree):
        text = node.value if hasattr(node, 'value') else getattr(node, 's', None)
        if isinstance(text, (str, type(u''))) and node not in documented:
            yield node.lineno, text


def test_keys_are_spelt_once():
    assert [(path, line, text) for path, content in modules() for line, text in texts_of(ast.parse(content))
            if SPELLS_A_KEY.search(text) and os.path.basename(path) != 'keys.py'] == []


@pytest.mark.parametrize('what, room', [(r'^ATTEMPTS = ', 'write_call'), (r'\bJSONEncoder\(.*ensure_ascii=False', 'texts'),
                                        (r'\bJSONEncoder\((?!.*ensure_ascii)', 'commands'), (r'= .*\b85\.05', 'codecs')],
                         ids=['attempts', 'encoder of values', 'encoder of requests', 'latitude'])
def test_defined_once(what, room):
    found = [path for path, text in modules() for line in text.split('\n') if re.search(what, line)]
    assert [os.path.splitext(os.path.basename(path))[0] for path in found] == [room]


def test_keys_are_recognized():
    assert all(map(SPELLS_A_KEY.search, ['%s:%s', u'%s:%d', '%s:%s:idx', '%s:%s:', 'User:name:pre', ':uidx', 'lock:', 'once:']))
    assert not any(map(SPELLS_A_KEY.search, ['%s: %s', 'from %s to %s', 'idx', 'geo index %s.%s: no', 'at %s:%sx']))
