#!/usr/bin/env python
"""Load the airports of the world and ask for them in every way rom knows.

    python examples/quickstart.py                                 # a server of its own, gone afterwards
    python examples/quickstart.py --uri redis://localhost:6379/0  # your server
"""
import argparse
import inspect
import math
import sys
import textwrap
import time

import rom
from tqdm import tqdm

import airports
from airports import Airport, Country

STEPS = []
EIFFEL_TOWER = {'lon': 2.2945, 'lat': 48.8584}


def step(function):
    """Keep a function as a step of the tour; its body is shown as it is run."""
    STEPS.append(function)
    return function


@step
def by_unique_column():
    """One airport by its IATA code"""
    return Airport.get_by(iata='FRA')


@step
def autocomplete():
    """Autocomplete: names with a word that begins so"""
    return Airport.query.startswith(name='frankf').limit(0, 5).all()


@step
def full_text():
    """Full-text search: names with both words, in any order"""
    return Airport.query.filter(name='canyon grand').limit(0, 5).all()


@step
def ordered_range():
    """The highest above 12,000 feet, highest first"""
    return Airport.query.filter(elevation=(12000, None)).order_by('-elevation').limit(0, 5).all()


@step
def combined():
    """Filters combine: international airports of Germany above 300 feet"""
    germany = Country.get_by(code='DE')
    return Airport.query.filter(name='international', country=germany, elevation=(300, None)).all()


@step
def nearest():
    """The nearest to the Eiffel Tower, within 30 km"""
    return Airport.query.near('place', EIFFEL_TOWER['lon'], EIFFEL_TOWER['lat'], 30, 'km').limit(0, 5).all()


@step
def count():
    """How many lie below sea level: no row is fetched to count"""
    return Airport.query.filter(elevation=(None, '(0')).count()


@step
def update():
    """An update writes the changed column and its index entries"""
    airport = Airport.get_by(iata='FRA')
    airport.elevation += 1
    airport.save()
    return airport


@step
def unique_violation():
    """A unique value is taken once"""
    try:
        Airport(icao='EDXX', iata='FRA', name='Second Frankfurt', country=Country.get_by(code='DE'),
                latitude=50.0, longitude=8.5).save()
    except rom.UniqueKeyViolation as error:
        rom.session.rollback()
        return error


@step
def delete():
    """A delete takes the row out of every index"""
    Airport.get_by(icao='NZSP').delete()
    return Airport.get_by(icao='NZSP')


def source(function):
    """Return what a step runs: its body, without the docstring and a last ``return``."""
    lines = textwrap.dedent('\n'.join(inspect.getsource(function).splitlines()[3:])).splitlines()
    if lines[-1].startswith('return '):
        lines[-1] = lines[-1][len('return '):]
    return '\n'.join(lines)


def distance(airport):
    """Return how far an airport is from the Eiffel Tower, in km."""
    lat1, lat2 = math.radians(EIFFEL_TOWER['lat']), math.radians(airport.latitude)
    dlon = math.radians(airport.longitude - EIFFEL_TOWER['lon'])
    haversine = (math.sin((lat2 - lat1) / 2) ** 2
                 + math.cos(lat1) * math.cos(lat2) * math.sin(dlon / 2) ** 2)
    return 2 * 6371 * math.asin(math.sqrt(haversine))


def describe(airport, near):
    line = '{0:4} {1:3} {2:44.44} {3:20.20} {4:2} {5:>7,} ft'.format(
        airport.icao, airport.iata or '', airport.name, airport.city or '',
        airport.country.code, airport.elevation)
    return line + ('  {0:5.1f} km'.format(distance(airport)) if near else '')


def present(result, near=False):
    """Return the lines that show what a step returned."""
    if isinstance(result, rom.Model):
        result = [result]
    if isinstance(result, list):
        return [describe(airport, near) for airport in result] or ['(none)']
    if isinstance(result, Exception):
        return textwrap.wrap('{0}: {1}'.format(type(result).__name__, result.args[0]), 90)
    return [str(result)]


def tour():
    """Run every step, timed; show what was run, what it took and what came back."""
    print('\nThe times are those of a first call, the answer included.')
    for function in STEPS:
        rom.session.rollback()
        started = time.time()
        result = function()
        took = (time.time() - started) * 1000
        print('\n{0:80} {1:9.2f} ms'.format(function.__doc__, took))
        print(textwrap.indent(source(function), '    ') + '\n')
        for line in present(result, near=function is nearest):
            print('    ' + line)


def load(limit):
    rows = airports.read(limit)
    print('Loading {0:,} airports'.format(len(rows)))
    started = time.time()
    with tqdm(total=len(rows), unit=' airports', ncols=80, file=sys.stdout) as bar:
        airports.load(rows, progress=bar.update)
    print('{0:,} airports in {1:,} countries saved in {2:.1f} s'.format(
        Airport.query.count(), Country.query.count(), time.time() - started))


def connect(uri):
    """Point rom at the server; return the client it uses from now on."""
    rom.util.set_connection_settings(url=uri)
    return rom.util.get_connection()


def parse(args):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--uri', default='embedded://', help=(
        'the server to use, such as redis://localhost:6379/0; '
        'the default starts one for this run alone'))
    parser.add_argument('--keep', action='store_true', help='leave the rows on the server')
    parser.add_argument('--clean', action='store_true', help=(
        'first remove what an earlier run with --keep left'))
    parser.add_argument('--limit', type=int, metavar='N', help='load N airports instead of all')
    return parser.parse_args(args)


def main(args=None):
    options = parse(args)
    started = time.time()
    connection = connect(options.uri)
    if options.clean:
        airports.remove(connection)
    elif airports.left_by_others(connection):
        sys.exit('{0} already holds keys under {1}: and {2}:. Nothing was touched; '
                 '--clean removes them.'.format(options.uri, Country._namespace, Airport._namespace))
    try:
        load(options.limit)
        tour()
    finally:
        if not options.keep:
            airports.remove(connection)
    print('\nAll of it took {0:.1f} s.'.format(time.time() - started))
    if options.keep:
        print('The rows are still there, under {0}: and {1}:.'.format(
            Country._namespace, Airport._namespace))


if __name__ == '__main__':
    main()
