"""The house: imports run one way, and no room or function grows out of hand."""
import ast
import io
import os

import pytest

pytestmark = pytest.mark.pure

SOURCE = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'rom')

# from the front door down: a module imports only what stands below it
ORDER = ['__init__', 'compat', 'model', 'metaclass', 'entity', 'duplicates', 'transfers', 'util', 'maintenance', 'inspection', 'reindex', 'query', 'explanation', 'results', 'everything', 'sessions',
         'identity_map', 'work', 'ordering', 'write_call', 'ondelete', 'schema', 'columns', 'index', 'loops', 'translation', 'keyspace', 'store', 'plan', 'rows', 'filters', 'keygens', 'codecs', 'timestamps', 'locks', 'bulk_reads', 'scripts', 'commands', 'texts',
         'descriptors', 'embedded', 'exceptions']

MOST_LINES = 420
MOST_LINES_A_FUNCTION = 45


def modules():
    for folder, _, files in os.walk(SOURCE):
        for name in sorted(files):
            if name.endswith('.py'):
                path = os.path.join(folder, name)
                room = 'columns' if os.path.basename(folder) == 'columns' else name[:-3]
                with io.open(path, encoding='utf-8') as file:
                    yield room, os.path.relpath(path, SOURCE), file.read()


def imported_rooms(room, tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            inside = room == 'columns' and node.level == 1
            if inside:
                continue
            names = [node.module.split('.')[0]] if node.module else [alias.name for alias in node.names]
            for name in names:
                yield name


def test_every_room_is_on_the_list():
    assert set(room for room, _, _ in modules()) == set(ORDER)


def test_imports_run_downwards():
    wrong = [(path, target) for room, path, text in modules() for target in imported_rooms(room, ast.parse(text))
             if ORDER.index(target) <= ORDER.index(room)]
    assert wrong == []


def test_no_file_grows_out_of_hand():
    assert [(path, text.count('\n')) for _, path, text in modules() if text.count('\n') > MOST_LINES] == []


def test_no_function_grows_out_of_hand():
    long = []
    for _, path, text in modules():
        lines = text.split('\n')
        functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
        for node in functions:
            last = max(getattr(inner, 'lineno', node.lineno) for inner in ast.walk(node))
            docstring = ast.get_docstring(node) or ''
            if last - node.lineno - docstring.count('\n') > MOST_LINES_A_FUNCTION:
                long.append((path, node.name, last - node.lineno, lines[node.lineno - 1].strip()))
    assert long == []


def test_python_2_7_reads_every_file():
    forbidden = [(path, type(node).__name__) for _, path, text in modules() for node in ast.walk(ast.parse(text))
                 if type(node).__name__ in ('JoinedStr', 'AnnAssign', 'NamedExpr', 'AsyncFunctionDef', 'Nonlocal')]
    assert forbidden == []
