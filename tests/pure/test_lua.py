"""Every Lua file says what it takes and what it gives, and takes and gives nothing else."""
import os
import re

import pytest
import rom
from lua_names import STANDARD, read_names, tokens_of
from rom.storage.scripts import Script

pytestmark = pytest.mark.pure

FOLDER = os.path.join(os.path.dirname(os.path.abspath(rom.__file__)), 'lua')


def names_below(folder):
    found = []
    for path, _, files in os.walk(folder):
        found += [os.path.relpath(os.path.join(path, file), FOLDER).replace(os.sep, '/')[:-4] for file in sorted(files)]
    return sorted(found)


#: programs stand in the folder itself, what they include in folders below it
PROGRAMS = [name for name in names_below(FOLDER) if '/' not in name]
INCLUDED = [name for name in names_below(FOLDER) if '/' in name]


def text_of(name):
    with open(os.path.join(FOLDER, name + '.lua')) as file:
        return file.read()


def header_of(name):
    """The comment at the head of a file, without its dashes."""
    lines = []
    for line in text_of(name).split('\n'):
        if not line.startswith('--') or line.startswith('-- include'):
            break
        lines.append(line[3:])
    return lines


def declared(name, word):
    """The names that a file's ``-- uses:`` or ``-- gives:`` line lists, with the lines that go on with it."""
    lines = header_of(name)
    place, = [place for place, line in enumerate(lines) if line.startswith(word + ': ')]
    text = lines[place][len(word) + 2:]
    for line in lines[place + 1:]:
        if not line.startswith('  '):
            break
        text += ' ' + line.strip()
    return text


def listed(text):
    return [] if text == 'nothing' else re.findall(r'\w+', text)


def context(name):
    gives = declared(name, 'gives')
    return listed(declared(name, 'uses')), [] if gives.startswith('{') else listed(gives)


@pytest.mark.parametrize('name', PROGRAMS)
def test_a_program_begins_with_what_it_is_called_with(name):
    header = '\n'.join(header_of(name))
    places = [re.search(word, header, re.M) for word in (r'^KEYS', r'^(KEYS, )?ARGV', r'^Reply: ')]
    assert all(places), 'KEYS, ARGV and Reply'
    assert [place.start() for place in places] == sorted(place.start() for place in places)


@pytest.mark.parametrize('name', PROGRAMS)
def test_a_program_takes_nothing_from_outside(name):
    found = read_names(text_of(name), context)
    assert not set(found.free) - STANDARD, found.free


@pytest.mark.parametrize('name', INCLUDED)
def test_an_included_file_takes_what_it_declares(name):
    found = read_names(text_of(name), context)
    uses, gives = context(name)
    taken = set(found.free) - STANDARD - set(gives)
    assert taken - set(uses) == set(), 'not declared'
    assert set(uses) - taken == set(), 'declared, and not needed'


@pytest.mark.parametrize('name', INCLUDED)
def test_an_included_file_gives_what_it_declares(name):
    found = read_names(text_of(name), context)
    gives = declared(name, 'gives')
    if gives.startswith('{'):
        assert sorted(found.returned) == sorted(listed(gives))
    else:
        assert set(listed(gives)) <= set(found.defined) | found.assigned


@pytest.mark.parametrize('name', PROGRAMS)
def test_an_assembled_script_has_no_globals_and_nothing_that_is_never_read(name):
    """What one file keeps to itself is not in the way of another's, either."""
    found = read_names(Script(name).text.decode('utf-8'))
    assert not set(found.free) - STANDARD, found.free
    assert not found.unused
    assert not found.twice


def test_parts_have_what_is_asked_of_them():
    loaded = dict(re.findall(r"if name == '(\w+)' then\n    part = \(function\(\)(?:\n-- include \S+)*\n-- include (\S+)", text_of('search/loader')))
    asked = set().union(*(read_names(text_of(name), context).members for name in PROGRAMS + INCLUDED))
    assert ('walks', 'look_at') in asked
    for part, member in sorted(asked):
        assert member in listed(declared(loaded[part], 'gives')), (part, member)


def test_every_file_is_included_somewhere():
    included = set()
    for name in PROGRAMS + INCLUDED:
        included |= set(re.findall(r'^-- include (\S+)$', text_of(name), re.M))
    assert included == set(INCLUDED)


@pytest.mark.parametrize('name', PROGRAMS + INCLUDED)
def test_one_style(name):
    text = text_of(name)
    for number, line in enumerate(text.split('\n'), 1):
        where = '%s.lua:%d: ' % (name, number) + line
        assert '\t' not in line and line == line.rstrip() and len(line) <= 130, where
        assert not re.match(r'(  )* (local|if|for|while|repeat|return|end|else|elseif|until|--)\b', line), where + ' (indent by 2)'
    for kind, token, number in tokens_of(text):
        where = '%s.lua:%d: ' % (name, number) + token
        if kind == 'string':
            assert token[0] == "'" or "'" in token, where + ' (single quotes)'
        elif kind == 'name':
            assert re.match(r'[a-z_][a-z0-9_]*$|[A-Z][A-Z0-9_]*$', token), where + ' (lower_case or CONSTANT)'
        assert token != ';', where


@pytest.mark.parametrize('text,free', [
    ('local a = b', {'b'}), ('local a = a', {'a'}), ('a = 1', {'a'}), ('local t = {a = b, [c] = 1; "x"} t.d = t[e]', {'b', 'c', 'e'}),
    ('for i, v in ipairs(t) do f(i, v) end return i', {'ipairs', 't', 'f', 'i'}), ('local function f(x, ...) return f(x), ... end', set()),
    ('repeat local x = f() until x', {'f'}), ('if a then local b elseif b then else c() end', {'a', 'b', 'c'}),
    ("s:find 'x' {y = z}", {'s', 'z'}), ('do local a end a()', {'a'}), ('return function(a) return a .. b.a, #c, -d, not e end', set('bcde')),
    ("local a = [[x]] .. 'it\\'s' -- b", set()), ('while x do break end', {'x'}), ('function t.m:n() return self end', {'t'}),
    ('local a, b = 1 local c = function() a, d = b, 2 end', {'d'})])
def test_names_are_found(text, free):
    assert set(read_names(text).free) == free


def test_names_that_nobody_reads_are_found():
    found = read_names('local a, b = 1, 2 local c = a c = 3 local function d(e) return d end for _, f in g() do end local a = b')
    assert sorted(name for name, _ in found.unused) == ['a', 'c']
    assert [name for name, _ in found.twice] == ['a']
