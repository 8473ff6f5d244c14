#!/usr/bin/env python3
"""Measure this library, rom 1.1.2 and hand-written redis-py pipelines on one server, and write docs/performance.rst.

    python benchmarks/run.py                     # everything; about 20 minutes; writes docs/performance.rst and plots
    python benchmarks/run.py --quick             # a look at every operation in a minute or two; prints only
    python benchmarks/run.py --only create_save,commit
    python benchmarks/run.py --report            # writes the page again out of the last full run's figures

Needs Python 3, this library, and what benchmarks/requirements.txt lists. rom 1.1.2 comes from PyPI into an environment
of its own, which is kept for the next time. Only ratios within one run mean anything.
"""

import argparse
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
from contestants import HAND, OLD, OURS

DOCS = os.path.join(os.path.dirname(contestants.HERE), 'docs')
FIGURES = 'performance.json'


def arguments(argv):
    """The command line, read."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n\n')[0])
    parser.add_argument('--uri', help='of an EMPTY Redis database to work in (default: a server started for the run)')
    parser.add_argument('--old-python', metavar='PATH', help='an interpreter that has rom 1.1.2 (default: made, see --cache)')
    parser.add_argument('--no-old', action='store_true', help='leave rom 1.1.2 out')
    parser.add_argument('--new-python', metavar='PATH', default=sys.executable, help='an interpreter for this library')
    parser.add_argument('--cache', default='~/.cache/rom-benchmarks', metavar='DIR', help='where environments are kept (%(default)s)')
    parser.add_argument('--rows', type=int, default=4000, help='rows of the table (%(default)s)')
    parser.add_argument('--rounds', type=int, default=9, help='rounds, of which medians are taken (%(default)s)')
    parser.add_argument('--only', metavar='NAMES', help='only these parts, with commas between: %s' % ', '.join(
        [target.operation for target in targets.TARGETS + targets.ALSO] + ['long_text', 'import_time', 'growth']))
    parser.add_argument('--quick', action='store_true', help='few and small rounds, no growth: to see that all works')
    parser.add_argument('--no-growth', action='store_true', help='leave out the growth curve and what holds the server')
    parser.add_argument('--sizes', default=','.join(map(str, measure.SIZES)), help='rows of the growth curve (%(default)s)')
    parser.add_argument('--out', metavar='DIR', help='write the page, plots and figures there (default for a full run: docs/)')
    parser.add_argument('--report', action='store_true', help='measure nothing, write the page out of the kept figures')
    return parser.parse_args(argv)


def environment(client, competitors):
    """What the figures were measured on."""
    server = client.info('server')
    ours = competitors[OURS].about
    return {
        'date': time.strftime('%Y-%m-%d'),
        'server': ' '.join([server.get('server_name', 'redis'), server.get('valkey_version', server['redis_version'])]),
        'python': ours['python'], 'redis_py': ours['redis_py'],
        'hiredis': contestants.versions(sys.executable)[1],
        'cores': os.cpu_count(), 'machine': '%s %s' % (platform.system(), platform.machine()),
        'rom': ours['rom'], 'old': OLD,
    }


def ping_rate(contestant):
    """PINGs a second: what the machine gives a single caller."""
    return 2000 / contestant.do('ping', '', count=2000)['seconds']


def started(options, uri):
    """The contestants, at work: {name: Contestant}."""
    pythons = {OURS: options.new_python, HAND: options.new_python}
    if not options.no_old:
        pythons[OLD] = options.old_python or contestants.old_python(options.cache, options.new_python)
    competitors = {name: contestants.Contestant(name, pythons[name], uri) for name in (OURS, OLD, HAND) if name in pythons}
    if OLD in competitors and competitors[OLD].about['rom'] != OLD:
        sys.exit('%s has rom %s, not %s' % (pythons[OLD], competitors[OLD].about['rom'], OLD))
    return competitors


def measured(options, uri):
    """All figures of a run against the server at `uri`."""
    client = redis.Redis.from_url(uri)
    if client.dbsize():
        sys.exit('%s holds %d keys; give --uri an empty database' % (uri, client.dbsize()))
    competitors = started(options, uri)
    measurements = measure.Measurements(client, competitors, say)
    try:
        figures = {'environment': environment(client, competitors), 'rows': options.rows, 'rounds': options.rounds,
                   'operations': {}}
        say('%(server)s, Python %(python)s, redis-py %(redis_py)s, hiredis %(hiredis)s' % figures['environment'])
        figures['ping'] = ping_rate(competitors[HAND])
        collect(measurements, options, figures)
        figures.update(failures=measurements.failures, differences=measurements.differences)
        return figures
    finally:
        for competitor in competitors.values():
            competitor.stop()
        for key in client.scan_iter('bench-*', count=1000):
            client.unlink(key)


def collect(measurements, options, figures):
    """Run what was asked for, into `figures`."""
    parts = set(options.only.split(',')) if options.only else None
    wanted = [target for target in targets.TARGETS + targets.ALSO if parts is None or target.operation in parts]
    scale = .1 if options.quick else 1
    if wanted:
        figures.update(measurements.operations(wanted, options.rows, options.rounds, scale))
    if parts is None or 'long_text' in parts:
        figures['long_text'] = measurements.long_text(max(1, options.rounds // 2), scale)
    if parts is None or 'import_time' in parts:
        environment_of = contestants.environment_of(options.new_python)
        figures['import_time'] = measure.import_times(options.new_python, environment_of, 3 if options.quick else 15)
    if 'growth' in parts if parts else not options.no_growth:
        sizes = figures['sizes'] = [int(size) for size in options.sizes.split(',')]
        figures['growth'] = measurements.growth(sizes, options.rounds, 5 if options.quick else 50)
        figures['holds'] = measurements.holds(max(sizes))


def say(line):
    """News of the run, at once."""
    print('[%s] %s' % (time.strftime('%H:%M:%S'), line), flush=True)


def main(argv=None):
    """Measure, print, write. Returns the exit code: 1 where an operation failed or the roms' answers differ."""
    options = arguments(argv)
    whole = not (options.only or options.quick or options.no_growth or options.no_old)
    out = options.out or (DOCS if whole or options.report else None)
    if options.quick:
        options.rounds, options.rows = min(options.rounds, 2), min(options.rows, 400)
        options.no_growth = options.no_growth or options.sizes == arguments([]).sizes
    if options.report:
        with open(os.path.join(out, '_static', FIGURES)) as kept:
            figures = json.load(kept)
    elif options.uri:
        figures = measured(options, options.uri)
    else:
        server, uri = contestants.start_server()
        with server:
            figures = measured(options, uri)
    print(report.table(figures))
    if out:
        report.write(figures, out, FIGURES)
    return 1 if figures['failures'] or figures['differences'] else 0


if __name__ == '__main__':
    sys.exit(main())
