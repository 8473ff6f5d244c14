"""Lua scripts: by SHA1, in full, in pipelines, after SCRIPT FLUSH (docs/promises.rst: Writes)."""
import hashlib
import json
import os

import pytest
import redis
from redis.exceptions import NoScriptError, ResponseError

import rom
from rom.storage import locking
from rom.storage import scripts
from rom.storage.commands import as_str
from rom.storage.scripts import NO_SCRIPT_MESSAGES, Script, _script_load
from rom.values.codecs import compact_json


@pytest.fixture
def connection(rom_connection):
    """The client that rom uses: decoding, or not."""
    return rom_connection


ECHO = 'return {KEYS[1], ARGV[1], #KEYS, #ARGV}'


class Recorder(object):
    """A connection that knows no script and keeps what it is asked."""

    def __init__(self, *errors):
        self.calls = []
        self.errors = list(errors)

    def execute_command(self, *args):
        self.calls.append(args)
        if self.errors:
            raise self.errors.pop(0)
        return 'reply'


@pytest.mark.pure
def test_a_call_is_one_round_trip():
    connection = Recorder()
    script = Script('echo', ECHO)
    assert script(connection, ['k'], ['a', 1]) == 'reply'
    assert connection.calls == [('EVALSHA', hashlib.sha1(ECHO.encode()).hexdigest(), '1', 'k', 'a', '1')]


@pytest.mark.pure
@pytest.mark.parametrize('error', [
    NoScriptError('No matching script. Please use EVAL.'), ResponseError('NOSCRIPT No matching script.'),
    ResponseError('No matching script. Please use EVAL.')])
def test_an_unknown_script_is_sent_in_full(error):
    connection = Recorder(error)
    assert Script('echo', ECHO)(connection, ['k']) == 'reply'
    assert [call[0] for call in connection.calls] == ['EVALSHA', 'EVAL']
    assert connection.calls[1] == ('EVAL', ECHO.encode(), '1', 'k')
    assert Script.eval_error_is_noscript(error)


@pytest.mark.pure
@pytest.mark.parametrize('error', [
    ResponseError('ERR something about NOSCRIPT'), redis.exceptions.ConnectionError('NOSCRIPT'), ValueError('NOSCRIPT')])
def test_other_errors_are_raised_and_nothing_is_sent_twice(error):
    connection = Recorder(error)
    with pytest.raises(type(error)):
        Script('echo', ECHO)(connection, ['k'])
    assert len(connection.calls) == 1
    assert not Script.eval_error_is_noscript(error)


@pytest.mark.pure
def test_by_name():
    script = Script('lock')
    assert b'KEYS[1]' in script.text
    assert script.sha == hashlib.sha1(script.text).hexdigest()
    assert repr(script) == '<Script lock>'


@pytest.mark.pure
def test_in_a_cluster_one_more_key_is_declared(monkeypatch):
    """It never exists: a slot whose keys are on two nodes is refused whole."""
    monkeypatch.setattr(scripts, 'CLUSTERS', (Recorder,))
    monkeypatch.setattr(scripts, '_kinds', {})
    connection = Recorder()
    Script('ids')(connection, ['{a}:id:'], ['{a}', 1])
    Script('ids')(connection, ['a:id:'], ['a', 1])  # may be in any slot
    locking._lock(connection, ['lock:{a}:1'])
    Script('echo', ECHO)(connection, ['{a}'])
    Script('echo', ECHO).eval(connection, ['{a}'])
    assert [call[2:] for call in connection.calls] == [
        ('2', '{a}:id:', b'{a}:id::never', '{a}', '1'), ('1', 'a:id:', 'a', '1'), ('1', 'lock:{a}:1'), ('1', '{a}'), ('1', '{a}')]


@pytest.mark.parametrize('name', sorted(name[:-4] for name in os.listdir(os.path.join(os.path.dirname(rom.__file__), 'lua'))
                                        if name.endswith('.lua')))
def test_the_server_takes_every_script(name, connection):
    script = Script(name)
    assert as_str(connection.script_load(script.text)) == script.sha
    assert connection.script_load(script._readable.text)


def test_on_a_server(connection):
    script = Script('echo', ECHO)
    connection.script_flush()
    for _ in range(2):
        reply = script(connection, ['k'], ['a', 'b'])
        assert [part.decode() if isinstance(part, bytes) else part for part in reply] == ['k', 'a', 1, 2]
    assert connection.script_exists(script.sha) == [True]


def test_errors_of_the_script_itself(connection):
    bad = Script('bad', 'return redis.call("NOSUCH")')
    for run in (bad, bad.read):
        with pytest.raises(ResponseError) as caught:
            run(connection, ['k'])
        assert not Script.eval_error_is_noscript(caught.value)


def test_reading_scripts_give_the_same(connection):
    script = Script('echo', 'return {KEYS[1], ARGV[1], ARGV[2], ARGV[3], false, {}, redis.status_reply("fine")}')
    expected = script(connection, [u'caf\xe9'], [b'\x00b\r\n', 5, u'\u65e5'])
    connection.script_flush()
    for _ in range(2):
        assert script.read(connection, [u'caf\xe9'], [b'\x00b\r\n', 5, u'\u65e5']) == expected
    assert Script('none', 'return false').read(connection, ['k']) is None
    assert Recorder().execute_command('x') == script.read(Recorder(), ['k']) == 'reply'


@pytest.mark.parametrize('transaction', [True, False])
def test_in_pipelines(connection, transaction):
    script = Script('incr', 'return redis.call("INCRBY", KEYS[1], ARGV[1])')
    script(connection, ['scripts:n'], [0])
    connection.script_flush()
    pipeline = connection.pipeline(transaction=transaction)
    pipeline.set('scripts:n', 5)
    assert script(pipeline, ['scripts:n'], [2]) is pipeline
    script(pipeline, ['scripts:n'], [3])
    assert pipeline.execute() == [True, 7, 10]
    connection.delete('scripts:n')


def test_script_load_of_1_1_2(connection):
    call = _script_load(ECHO)
    connection.script_flush()
    for force_eval in (False, True, False):
        reply = call(connection, keys=['k'], args=[5], force_eval=force_eval)
        assert [part.decode() if isinstance(part, bytes) else part for part in reply] == ['k', '5', 1, 1]
    pipeline = connection.pipeline()
    call(pipeline, ['k'], ['a'])
    assert len(pipeline.execute()) == 1
    assert NO_SCRIPT_MESSAGES == ['NOSCRIPT', 'No matching script.']


@pytest.mark.parametrize('word', [u'plain', u'a/b', u'"quoted\\"', u'caf\xe9 \u20ac \U0001f600', u'\x00\x01\x1f\x7f\x80', u'\b\t\n\f\r'])
def test_a_new_row_lists_its_entries_as_the_server_itself_would_write_them(connection, word):
    """-index-data-: `sift.lua` looks for what `cjson.encode` makes of an entry."""
    value = [[u'name:' + word], [u'age'], [[u'name', word]], [], [u'place']]
    as_server = connection.eval('return cjson.encode(cjson.decode(ARGV[1]))', 1, 'key', json.dumps(value))
    assert compact_json(value) == as_server.decode('utf-8').replace(u'{}', u'[]')
