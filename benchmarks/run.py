#!/usr/bin/env python3
"""Measure this library, rom 1.1.2, hand-written redis-py and others on redis-server and Valkey, pinned to cores and not.

    python benchmarks/run.py                     # everything; some 20 minutes; writes docs/performance.rst, plots, README.rst
    python benchmarks/run.py --quick             # a look at every operation in two minutes; prints only
    python benchmarks/run.py --only create_save,commit --server redis --no-pin
    python benchmarks/run.py --report            # writes the pages again out of the last full run's figures

Needs Python 3, this library, and what benchmarks/requirements.txt lists. rom 1.1.2 and the peers come from PyPI into environments
of their own, which are kept for the next time. Only ratios within one run mean anything. What fails is told at the end, and the rest goes
on; figures are kept as they come, so that `--report FILE` makes pages of a run that was cut.
"""

import argparse
import contextlib
import itertools
import json
import os
import platform
import signal
import sys
import time
import traceback

import redis

import contestants
import grown
import measure
import report
import targets
from contestants import BARE, HAND, OLD, OURS, PEERS, SERVERS

DOCS = os.path.join(os.path.dirname(contestants.HERE), 'docs')
FIGURES = 'performance.json'
KEPT = 'figures-of-the-last-run.json'
GIVEN = 'given'  # the server that --uri leads to
PARTS = ['stages', 'long_text', 'planning', 'import_time', 'lines', 'growth', 'cliffs', 'holds']
FAR = ('growth', 'cliffs', 'holds')  # not of `quick`, and once for each server


def arguments(argv):
    """The command line, read."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('--server', choices=SERVERS + ('both',), default='both', help='which server to start (%(default)s)')
    parser.add_argument('--pin', action='store_const', const=[True], dest='pins', help='only with server and clients on a core each')
    parser.add_argument('--no-pin', action='store_const', const=[False], dest='pins', help='only as the scheduler has it (default: both)')
    parser.add_argument('--peers', action='store_true', default=None, help='measure popoto, walrus and redis-om as well (default: '
                        'in a full run)')
    parser.add_argument('--no-peers', action='store_false', dest='peers')
    parser.add_argument('--uri', help='of an EMPTY Redis database to work in, in place of servers started for the run')
    parser.add_argument('--old-python', metavar='PATH', help='an interpreter that has rom 1.1.2 (default: made, see --cache)')
    parser.add_argument('--no-old', action='store_true', help='leave rom 1.1.2 out')
    parser.add_argument('--new-python', metavar='PATH', default=sys.executable, help='an interpreter for this library')
    parser.add_argument('--cache', default='~/.cache/rom-benchmarks', metavar='DIR', help='where environments are kept (%(default)s)')
    parser.add_argument('--rows', type=int, default=4000, help='rows of the table (%(default)s)')
    parser.add_argument('--rounds', type=int, default=7, help='rounds, of which medians are taken (%(default)s)')
    parser.add_argument('--only', metavar='NAMES', help='only these parts, with commas between: %s' % ', '.join(
        [target.operation for target in targets.TARGETS + targets.ALSO] + PARTS))
    parser.add_argument('--quick', action='store_true', help='few and small rounds, no growth, no peers: to see that all works')
    parser.add_argument('--no-growth', action='store_true', help='leave out growth, cliffs, and what holds the server')
    parser.add_argument('--sizes', default=','.join(map(str, grown.SIZES)), help='rows of the growth curve; of the last one what holds the server (%(default)s)')
    parser.add_argument('--out', metavar='DIR', help='write pages, plots and figures there (default for a full run: docs/, '
                        'and benchmarks/README.rst)')
    parser.add_argument('--no-plots', action='store_true', help='write pages and figures without plots')
    parser.add_argument('--report', nargs='?', const=True, metavar='FILE', help='measure nothing, write the pages out of the figures in '
                        'a file (default: of the last full run)')
    return completed(parser.parse_args(argv))


def completed(options):
    """The command line with what follows from it."""
    options.pins = options.pins or [False, True]
    options.servers = list(SERVERS) if options.server == 'both' else [options.server]
    if options.uri:
        options.servers, options.pins = [GIVEN], [False]
    options.whole = (not (options.only or options.quick or options.no_growth or options.no_old or options.uri)
                     and options.servers == list(SERVERS) and len(options.pins) == 2)
    if options.peers is None:
        options.peers = options.whole
    options.scale, options.line_rows = 1, targets.LINE_ROWS
    if options.quick:
        options.scale, options.rounds, options.rows = .1, min(options.rounds, 2), min(options.rows, 400)
        options.line_rows = min(2 * options.rows, targets.LINE_ROWS)
        options.no_growth = options.no_growth or options.sizes == ','.join(map(str, grown.SIZES))
    options.sizes = [int(size) for size in options.sizes.split(',')]
    options.parts = set(options.only.split(',')) if options.only else None
    return options


def environment(options, pythons, about):
    """What the figures were measured on."""
    return {
        'date': time.strftime('%Y-%m-%d'), 'python': about['python'], 'redis_py': about['redis_py'],
        'hiredis': contestants.versions(pythons[OURS])[1], 'cores': os.cpu_count(),
        'machine': '%s %s' % (platform.system(), platform.machine()), 'rom': about['rom'], 'old': OLD,
        'peers': contestants.peer_versions(pythons[PEERS[0]]) if PEERS[0] in pythons else {},
    }


def interpreters(options, figures):
    """{name: the interpreter of that contestant}; what cannot be installed is left out."""
    pythons = dict.fromkeys((OURS, HAND, BARE), options.new_python)
    with guarded(figures, 'rom ' + OLD):
        if not options.no_old:
            pythons[OLD] = options.old_python or contestants.old_python(options.cache, options.new_python)
    with guarded(figures, 'peers'):
        if options.peers:
            pythons.update(dict.fromkeys(PEERS, contestants.peers_python(options.cache, options.new_python)))
    return pythons


def measured(options, keep):
    """All figures of a run. `keep` is called with them whenever there are more."""
    figures = {'rows': options.rows, 'rounds': options.rounds, 'sizes': options.sizes, 'line_rows': options.line_rows, 'settings': [],
               'failures': [], 'differences': []}
    pythons = interpreters(options, figures)
    for kind, pinned in itertools.product(options.servers, options.pins):
        if kind != GIVEN and not contestants.has_server(kind):
            say('no %s on this machine: left out' % kind)
            continue
        with guarded(figures, kind):
            with given(options.uri) if kind == GIVEN else contestants.server(kind, pinned) as uri:
                setting(options, kind, pinned, uri, pythons, figures, lambda: keep(figures))
    if wants(options, 'import_time'):
        with guarded(figures, 'import_time'):
            environment_of = contestants.environment_of(options.new_python)
            figures['import_time'] = measure.import_times(options.new_python, environment_of, 2 if options.quick else 15)
    keep(figures)
    return figures


@contextlib.contextmanager
def guarded(figures, part):
    """Where a part fails, note it, and go on with the next one."""
    try:
        yield
    except Exception:
        traceback.print_exc()
        figures['failures'].append('%s: %s' % (part, ''.join(traceback.format_exception_only(*sys.exc_info()[:2])).strip()))


@contextlib.contextmanager
def given(uri):
    """A server that somebody else has started; what the benchmarks store is removed."""
    client = redis.Redis.from_url(uri)
    if client.dbsize():
        sys.exit('%s holds %d keys; give --uri an empty database' % (uri, client.dbsize()))
    try:
        yield uri
    finally:
        for keys in iter(lambda: list(itertools.islice(client.scan_iter('bench-*', count=1000), 10000)), []):
            client.unlink(*keys)


def setting(options, kind, pinned, uri, pythons, figures, keep):
    """The figures of one server, pinned or not. What is measured once only, is in the first of them."""
    client, is_first = redis.Redis.from_url(uri), not figures['settings']
    names = [name for name in pythons if is_first or name not in PEERS]
    competitors = {name: contestants.Contestant(name, pythons[name], uri, pinned) for name in names}
    if OLD in competitors and competitors[OLD].about['rom'] != OLD:
        sys.exit('%s has rom %s, not %s' % (pythons[OLD], competitors[OLD].about['rom'], OLD))
    try:
        figures.setdefault('environment', environment(options, pythons, competitors[OURS].about))
        found = {'server': kind, 'version': version_of(client), 'pinned': pinned, 'operations': {}, 'lines': {},
                 'ping': 2000 / competitors[HAND].do('ping', '', count=2000)['seconds']}
        is_first_of_kind = kind not in [setting['server'] for setting in figures['settings']]
        figures['settings'].append(found)
        say('%s, %s' % (found['version'], 'pinned' if pinned else 'not pinned'))
        collect(options, found, is_first, is_first_of_kind, (client, competitors, say, keep, figures['failures'], figures['differences']),
                lambda part: guarded(figures, '%s, %s' % (report.name_of(found), part)))
    finally:
        for competitor in competitors.values():
            competitor.stop()


def version_of(client):
    """What a server calls itself, and its version."""
    server = client.info('server')
    return ' '.join([server.get('server_name', 'redis'), server.get('valkey_version', server['redis_version'])])


def wants(options, part):
    """Whether a part of the run is asked for."""
    return options.parts is None or part in options.parts


def collect(options, found, is_first, is_first_of_kind, tools, guard):
    """Run what was asked for on one server."""
    measurements, far = measure.Measurements(*tools), grown.Grown(*tools, tries=1 if options.quick else grown.TRIES)
    asked = targets.TARGETS + (targets.ALSO if is_first or options.parts else [])
    wanted = [target for target in asked if wants(options, target.operation)]
    with guard('operations'):
        if wanted or wants(options, 'stages') or wants(options, 'long_text'):
            measurements.operations(found, wanted, options.rows, options.rounds, options.scale)
    with guard('stages'):
        if wants(options, 'stages'):
            found['stages'] = measurements.stages(options.rows, options.scale, 1 if options.quick else 3)
    with guard('long_text'):
        if wants(options, 'long_text'):
            found['long_text'] = measurements.long_text(max(1, options.rounds // 3), options.scale)
    with guard('planning'):
        if wants(options, 'planning'):
            found['planning'] = measurements.planning(max(1, options.rounds // 2), options.scale)
    with guard('lines'):
        if wants(options, 'lines'):
            far.lines(found['lines'], options.line_rows, options.rounds, options.scale)
    parts = [part for part in FAR if is_first_of_kind and (part in options.parts if options.parts else not options.no_growth)]
    with guard('growth'):
        if parts:
            far.store(options.sizes)
        if 'growth' in parts:
            far.growth(found.setdefault('growth', {}), options.sizes, options.rounds, options.scale)
    with guard('cliffs'):
        if 'cliffs' in parts:
            found['cliff_rows'] = targets.CLIFF_ROWS if targets.CLIFF_ROWS in options.sizes else max(options.sizes)
            far.cliffs(found.setdefault('cliffs', {}), found['cliff_rows'])
    with guard('holds'):
        if 'holds' in parts:
            far.holds(found.setdefault('holds', {}), max(options.sizes), options.scale)


def say(line):
    """News of the run, at once."""
    print('[%s] %s' % (time.strftime('%H:%M:%S'), line), flush=True)


def keeper(options, out):
    """A function that writes figures down: into a file that takes the place of the one before."""
    path = os.path.join(out or os.path.expanduser(options.cache), KEPT)

    def keep(figures):
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + '.new', 'w') as written:
            json.dump(figures, written, indent=1, sort_keys=True)
        os.replace(path + '.new', path)
    say('figures are kept in %s as they come' % path)
    return keep


def main(argv=None):
    """Measure, print, write. Returns the exit code: 1 where an operation failed or the roms' answers differ."""
    options = arguments(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers end with it
    out = options.out or (DOCS if options.whole or options.report else None)
    if options.report:
        with open(os.path.join(DOCS, '_static', FIGURES) if options.report is True else options.report) as kept:
            figures = json.load(kept)
    else:
        figures = measured(options, keeper(options, options.out))
    print(report.text(figures))
    if out:
        report.write(figures, out, contestants.HERE if out == DOCS else out, FIGURES, not options.no_plots)
    return 1 if figures['failures'] or figures['differences'] else 0


if __name__ == '__main__':
    sys.exit(main())
