"""Runs the small programs of programs/, each printing what it sees; both libraries should print the same, and leave the same keys.

A file holds several programs, each after a line ``### name``. A program finds `rom`, `util`, `session` and all that
`from rom import *` gives; `conn`, a client of the server; `show(...)`, which prints; `told(function, *args)`, which prints the
name of the error that a call raises, or the result; `fresh(entity)`, the row read anew. An error that ends a program is printed.
"""
import glob
import io
import os
import re
import warnings

import rom
from rom import util

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'programs')


def names():
    """['file: program', ...] of all programs."""
    return [name for name, _ in _programs()]


def run(name):
    """The lines that a program prints."""
    return run_source(dict(_programs())[name], name)


def _programs():
    for path in sorted(glob.glob(os.path.join(HERE, '*.txt'))):
        with io.open(path, encoding='utf-8') as file:
            parts = re.split(r'^### (.*)$', file.read(), flags=re.MULTILINE)
        for name, source in zip(parts[1::2], parts[2::2]):
            yield '%s: %s' % (os.path.basename(path)[:-4], name.strip()), source


def run_source(source, name='program'):
    """The lines that a program's text prints; what it does to the registries and to `rom.util` is undone."""
    lines, registries = [], (rom.columns.MODELS, rom.columns.MODELS_REFERENCED)
    kept = [dict(registry) for registry in registries]
    attributes = dict((each, getattr(util, each)) for each in ('CONNECTION', 'get_connection', 'NULL_SESSION'))
    for registry in registries:
        registry.clear()
    rom.columns.MODELS['Model'] = rom.Model  # 1.1.2 looks there for it
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            exec(compile(source, name, 'exec'), _namespace(lines))
    except Exception as error:
        lines.append(u'ended by %s' % type(error).__name__)
    finally:
        rom.session.rollback()
        for registry, before in zip(registries, kept):
            registry.clear()
            registry.update(before)
        for each, value in attributes.items():
            setattr(util, each, value)
    return lines


def _namespace(lines):
    def show(*values):
        lines.append(u' '.join(_shown(value) for value in values))

    def told(function, *args, **kwargs):
        try:
            show(function(*args, **kwargs))
        except Exception as error:
            lines.append(u'raises %s' % type(error).__name__)

    def fresh(entity):
        model, id = type(entity), getattr(entity, entity._pkey)
        rom.session.rollback()
        return model.get(id)

    namespace = {'__name__': 'program', 'rom': rom, 'util': util, 'show': show, 'told': told, 'fresh': fresh,
                 'conn': util.get_connection()}
    exec('from rom import *', namespace)
    return namespace


def _shown(value):
    """A value as text that is the same in both libraries."""
    if isinstance(value, rom.Model):
        return u'<%s %s>' % (type(value).__name__, getattr(value, value._pkey))
    if isinstance(value, dict):
        return u'{%s}' % u', '.join(sorted(u'%s: %s' % (_shown(key), _shown(each)) for key, each in value.items()))
    if isinstance(value, (set, frozenset)):
        return u'{%s}' % u', '.join(sorted(_shown(each) for each in value))
    if isinstance(value, list):
        return u'[%s]' % u', '.join(_shown(each) for each in value)
    if isinstance(value, tuple):
        return u'(%s)' % u', '.join(_shown(each) for each in value)
    return u'%r' % (value,)
