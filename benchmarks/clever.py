"""What the clever parts of the Lua scripts gain: the server's time for the operation that each is for, with it and without it.

``python benchmarks/clever.py [--server PATH] [--rows 60000] [NAME...]`` starts a server of its own. What gains less than a
tenth goes. Measure on a quiet machine.
"""
import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import redis  # noqa: E402
import rom  # noqa: E402
import rom.search.search  # noqa: E402
import rom.storage.store  # noqa: E402
from rom.storage.scripts import Script  # noqa: E402

#: part -> the script, and what in it to replace by what
WITHOUT = {
    'rescore': ('write', [(b'if not op.rescore then', b'if true then')]),
    'first digits': ('search', [(b'parts.gather.likely_beginning(gathering)', b'nil')]),
    'runs of words': ('search', [(b'and not is_size_all then summarize(filter) end', b'and false then end')]),
    'samples': ('search', [(b'if not has_few_words(filter) then return nil end', b'')]),
}


class Tag(rom.Model):
    number = rom.Integer(index=True)
    fifth = rom.Text(index=True, keygen=rom.IDENTITY)
    many = rom.Text(index=True, keygen=rom.IDENTITY, prefix=True)
    few = rom.Text(index=True, keygen=rom.IDENTITY, prefix=True)
    text = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True)


class Counter(rom.Model):
    number = rom.Integer(index=True)
    text = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True)


def fill(rows):
    rng = random.Random(1)
    for number in range(rows):
        group = rng.choice([0] * 5 + [1] * 2 + list(range(2, 100)))  # 5 % of the rows in 00, 2 % in 01
        Tag(number=number, fifth=str(number % 5), many=u'a%02d %d' % (group, rng.randrange(10 ** 6)),
            few=u'a%02d %d' % (group, rng.randrange(4)), text=u'all y%d' % (number % 20))
        if number % 1000 == 999:
            rom.session.commit()
            rom.session.rollback()
    for _ in range(200):
        Counter(number=0, text=u' '.join('w%d' % rng.randrange(5000) for _ in range(20)))
    rom.session.commit()


def operations():
    """(what it is for, title, function) of each."""
    counters = list(Counter.query.all())

    def save_one():
        counters[0].number += 1
        counters[0].save()

    def commit():
        for counter in counters:
            counter.number += 1
        rom.session.commit()

    def first(**words):
        return lambda: Tag.query.startswith(**words).limit(0, 20).all()

    def count(**words):
        return lambda: Tag.query.startswith(**words).count()

    return [
        ('rescore', 'save of one number', save_one),
        ('rescore', 'commit of 200 numbers', commit),
        ('first digits', 'first 20 of a prefix of 2 %', first(many=u'a01')),
        ('first digits', 'first 20 of a prefix of 5 % and a word',
         lambda: Tag.query.filter(fifth='2').startswith(many=u'a00').limit(0, 20).all()),
        ('first digits', 'first 20 of a prefix of 1 %', first(many=u'a05')),
        ('runs of words', 'first 20 of four words of 5 %', first(few=u'a00')),
        ('runs of words', 'count of one word of texts', count(text=u'y11')),
        ('samples', 'first 20 of many words', first(many=u'a')),
    ]


def times(connection, function, rounds):
    """Microseconds of the server for each script call."""
    connection.slowlog_reset()
    for _ in range(rounds):
        function()
        rom.session.rollback()
    return [each['duration'] for each in connection.slowlog_get(10000) if each['command'].startswith(b'EVAL')]


def use(name, text):
    module = rom.search.search if name == 'search' else rom.storage.store
    setattr(module, '_' + name, Script(name, text))


def measure(connection, part, title, function, rounds):
    name, changes = WITHOUT[part]
    text = without = Script(name).text
    for old, new in changes:
        assert text.count(old) == 1, '%r is not in %s.lua any more' % (old, name)
        without = without.replace(old, new)
    found = {}
    for _ in range(3):
        for is_with, variant in ((True, text), (False, without)):
            use(name, variant)
            function()
            found.setdefault(is_with, []).extend(times(connection, function, rounds))
    use(name, text)
    ours, other = statistics.median(found[True]), statistics.median(found[False])
    print('%-14s %-38s %8d us, without %8d us, %+.0f %%' % (part, title, ours, other, 100. * (ours - other) / other), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--server', default='redis-server', help='the program to start')
    parser.add_argument('--rows', type=int, default=60000)
    parser.add_argument('--rounds', type=int, default=10)
    parser.add_argument('parts', nargs='*', help='some of: ' + ', '.join(sorted(WITHOUT)))
    options = parser.parse_args()
    folder = tempfile.mkdtemp()
    server = subprocess.Popen([options.server, '--port', '0', '--unixsocket', folder + '/s', '--save', '', '--dir', folder],
                              stdout=subprocess.DEVNULL)
    try:
        rom.util.CONNECTION = connection = redis.Redis(unix_socket_path=folder + '/s')
        while not os.path.exists(folder + '/s'):
            time.sleep(.01)
        connection.config_set('slowlog-log-slower-than', 0)
        connection.config_set('slowlog-max-len', 10000)
        fill(options.rows)
        for part, title, function in operations():
            if not options.parts or part in options.parts:
                measure(connection, part, title, function, options.rounds)
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


if __name__ == '__main__':
    main()
