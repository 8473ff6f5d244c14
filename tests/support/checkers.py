"""Type checkers, as strict as they can be: what each says of the programs in a folder, {(file, line): message}."""
import io
import json
import os
import re
import subprocess
import sys

import pytest

import rom

PACKAGE = os.path.dirname(os.path.abspath(rom.__file__))
PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'typed')

MYPY = u'''
[mypy]
strict = True
ignore_missing_imports = True

# what has no stub is read as it is, and has no types
[mypy-rom.*]
ignore_errors = True
'''


def need(name):
    if sys.version_info < (3, 9):
        pytest.skip('needs Python 3.9')
    pytest.importorskip(name)


def run(folder, module, *arguments):
    """What a module that is run as a program prints, and its exit status."""
    env = dict((name, value) for name, value in os.environ.items() if name not in ('MYPYPATH', 'PYTHONPATH'))
    env['PYRIGHT_PYTHON_IGNORE_WARNINGS'] = '1'  # that there is a newer one
    if 'site-packages' not in PACKAGE:
        env['MYPYPATH'] = env['PYTHONPATH'] = os.path.dirname(PACKAGE)
    process = subprocess.Popen([sys.executable, '-m', module] + list(arguments), cwd=folder, env=env,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return process.communicate()[0].decode('utf-8'), process.returncode


def write(folder, name, text):
    with io.open(os.path.join(folder, name), 'w', encoding='utf-8') as file:
        file.write(text)


def mypy(folder):
    write(folder, 'mypy.ini', MYPY)
    said, status = run(folder, 'mypy', '--config-file', 'mypy.ini', '.')
    assert status in (0, 1), said
    found = re.findall(r'(?m)^(\S+?):(\d+): error: (.*)$', said)
    assert found or status == 0, said
    return dict(((name, int(line)), message) for name, line, message in found)


def pyright(folder):
    paths = [] if 'site-packages' in PACKAGE else [os.path.dirname(PACKAGE)]
    write(folder, 'pyrightconfig.json', u'%s' % json.dumps({'include': ['.'], 'typeCheckingMode': 'strict', 'extraPaths': paths}))
    said, status = run(folder, 'pyright', '--outputjson', '--pythonpath', sys.executable)
    assert status in (0, 1), said
    found = json.loads(said[said.index('{'):])['generalDiagnostics']
    return dict(((os.path.basename(each['file']), each['range']['start']['line'] + 1), each['message']) for each in found)


CHECKERS = {'mypy': mypy, 'pyright': pyright}
