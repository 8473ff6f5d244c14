#!/usr/bin/env python3
"""Measure this library, rom 1.1.2, hand-written redis-py and others on redis-server and Valkey, pinned to cores and not.

    python benchmarks/run.py                     # everything; about 20 minutes; writes docs/performance.rst, plots, README.rst
    python benchmarks/run.py --quick             # a look at every operation in two minutes; prints only
    python benchmarks/run.py --only create_save,commit --server redis --no-pin
    python benchmarks/run.py --report            # writes the pages again out of the last full run's figures

Needs Python 3, this library, and what benchmarks/requirements.txt lists. rom 1.1.2 and the peers come from PyPI into environments
of their own, which are kept for the next time. Only ratios within one run mean anything.
"""

import argparse
import itertools
import json
import os
import platform
import sys
import time

import redis

import contestants
import measure
import report
import targets
from contestants import BARE, HAND, OLD, OURS, PEERS, SERVERS

DOCS = os.path.join(os.path.dirname(contestants.HERE), 'docs')
FIGURES = 'performance.json'
GIVEN = 'given'  # the server that --uri leads to
PARTS = ['long_text', 'import_time', 'growth', 'stages']


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
    parser.add_argument('--no-growth', action='store_true', help='leave out the growth curve and what holds the server')
    parser.add_argument('--sizes', default=','.join(map(str, measure.SIZES)), help='rows of the growth curve (%(default)s)')
    parser.add_argument('--out', metavar='DIR', help='write pages, plots and figures there (default for a full run: docs/, '
                        'and benchmarks/README.rst)')
    parser.add_argument('--report', action='store_true', help='measure nothing, write the pages out of the kept figures')
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
    options.scale = 1
    if options.quick:
        options.scale, options.rounds, options.rows = .1, min(options.rounds, 2), min(options.rows, 400)
        options.no_growth = options.no_growth or options.sizes == ','.join(map(str, measure.SIZES))
    options.sizes = [int(size) for size in options.sizes.split(',')]
    options.parts = set(options.only.split(',')) if options.only else None
    return options


def environment(options, pythons, about):
    """What the figures were measured on."""
    return {
        'date': time.strftime('%Y-%m-%d'), 'python': about['python'], 'redis_py': about['redis_py'],
        'hiredis': contestants.versions(pythons[OURS])[1], 'cores': os.cpu_count(),
        'machine': '%s %s' % (platform.system(), platform.machine()), 'rom': about['rom'], 'old': OLD,
        'peers': contestants.peer_versions(pythons[PEERS[0]]) if options.peers else {},
    }


def interpreters(options):
    """{name: the interpreter of that contestant}."""
    pythons = dict.fromkeys((OURS, HAND, BARE), options.new_python)
    if not options.no_old:
        pythons[OLD] = options.old_python or contestants.old_python(options.cache, options.new_python)
    if options.peers:
        pythons.update(dict.fromkeys(PEERS, contestants.peers_python(options.cache, options.new_python)))
    return pythons


def measured(options):
    """All figures of a run."""
    pythons, settings, failures, differences = interpreters(options), [], [], []
    figures = {'rows': options.rows, 'rounds': options.rounds, 'sizes': options.sizes, 'settings': settings, 'failures': failures,
               'differences': differences}
    for kind, pinned in itertools.product(options.servers, options.pins):
        if kind != GIVEN and not contestants.has_server(kind):
            say('no %s on this machine: left out' % kind)
        elif kind == GIVEN:
            settings.append(setting(options, kind, pinned, options.uri, pythons, figures))
        else:
            with contestants.server(kind, pinned) as uri:
                settings.append(setting(options, kind, pinned, uri, pythons, figures))
    if wants(options, 'import_time'):
        environment_of = contestants.environment_of(options.new_python)
        figures['import_time'] = measure.import_times(options.new_python, environment_of, 3 if options.quick else 15)
    return figures


def setting(options, kind, pinned, uri, pythons, figures):
    """The figures of one server, pinned or not. What is measured once only, is in the first of them."""
    client, is_first = redis.Redis.from_url(uri), not figures['settings']
    if client.dbsize():
        sys.exit('%s holds %d keys; give --uri an empty database' % (uri, client.dbsize()))
    names = [name for name in pythons if is_first or name not in PEERS]
    competitors = {name: contestants.Contestant(name, pythons[name], uri, pinned) for name in names}
    if OLD in competitors and competitors[OLD].about['rom'] != OLD:
        sys.exit('%s has rom %s, not %s' % (pythons[OLD], competitors[OLD].about['rom'], OLD))
    measurements = measure.Measurements(client, competitors, say)
    try:
        about = competitors[OURS].about
        figures.setdefault('environment', environment(options, pythons, about))
        found = {'server': kind, 'version': version_of(client), 'pinned': pinned, 'operations': {},
                 'ping': 2000 / competitors[HAND].do('ping', '', count=2000)['seconds']}
        say('%s, %s' % (found['version'], 'pinned' if pinned else 'not pinned'))
        collect(measurements, options, found, is_first)
        figures['failures'] += measurements.failures
        figures['differences'] += measurements.differences
        return found
    finally:
        for competitor in competitors.values():
            competitor.stop()
        for key in client.scan_iter('bench-*', count=1000):
            client.unlink(key)


def version_of(client):
    """What a server calls itself, and its version."""
    server = client.info('server')
    return ' '.join([server.get('server_name', 'redis'), server.get('valkey_version', server['redis_version'])])


def wants(options, part):
    """Whether a part of the run is asked for."""
    return options.parts is None or part in options.parts


def collect(measurements, options, found, is_first):
    """Run what was asked for on one server."""
    asked = targets.TARGETS + (targets.ALSO if is_first or options.parts else [])
    wanted = [target for target in asked if wants(options, target.operation)]
    if wanted or wants(options, 'stages'):
        found.update(measurements.operations(wanted, options.rows, options.rounds, options.scale))
    if wants(options, 'stages'):
        found['stages'] = measurements.stages(options.rows, options.scale)
    if wants(options, 'long_text'):
        found['long_text'] = measurements.long_text(max(1, options.rounds // 3), options.scale)
    if is_first and ('growth' in options.parts if options.parts else not options.no_growth):
        found['growth'] = measurements.growth(options.sizes, options.rounds, 5 if options.quick else 30)
        found['holds'] = measurements.holds(max(options.sizes))


def say(line):
    """News of the run, at once."""
    print('[%s] %s' % (time.strftime('%H:%M:%S'), line), flush=True)


def main(argv=None):
    """Measure, print, write. Returns the exit code: 1 where an operation failed or the roms' answers differ."""
    options = arguments(argv)
    out = options.out or (DOCS if options.whole or options.report else None)
    if options.report:
        with open(os.path.join(out, '_static', FIGURES)) as kept:
            figures = json.load(kept)
    else:
        figures = measured(options)
    print(report.text(figures))
    if out:
        report.write(figures, out, contestants.HERE if out == DOCS else out, FIGURES)
    return 1 if figures['failures'] or figures['differences'] else 0


if __name__ == '__main__':
    sys.exit(main())
