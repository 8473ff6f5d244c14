"""The airports of the world as rom models: what the examples share.

The data is the package ``airportsdata``: 28,000 airports with their ICAO and
IATA codes, names, cities, countries, elevations and coordinates.
"""
import airportsdata
import rom

# Redis cannot place what lies nearer to a pole than this, in degrees.
GEO_LATITUDE_LIMIT = 85.05112878

# Small selections of the data start with these: the examples name them.
LANDMARKS = ('EDDF', 'KJFK', 'NZSP', 'SLLP', 'LFPG')


class Country(rom.Model):
    _namespace = 'quickstart.Country'

    code = rom.Text(required=True, unique=True)
    airports = rom.OneToMany('Airport')


def place(airport):
    """Where an airport is, for the geo index; None is "not indexed"."""
    if abs(airport.latitude) <= GEO_LATITUDE_LIMIT:
        return {'lon': airport.longitude, 'lat': airport.latitude}


class Airport(rom.Model):
    _namespace = 'quickstart.Airport'

    icao = rom.Text(required=True, unique=True)
    iata = rom.Text(unique=True)
    name = rom.Text(required=True, index=True, keygen=rom.FULL_TEXT, prefix=True)
    city = rom.Text(index=True, keygen=rom.IDENTITY_CI)
    country = rom.ManyToOne('Country', on_delete='restrict', required=True)
    elevation = rom.Integer(index=True)
    latitude = rom.Float(required=True)
    longitude = rom.Float(required=True)

    geo_index = [rom.GeoIndex('place', place)]


def read(limit=None):
    """Return the rows of airportsdata as a list of dicts, the landmarks first.

    :param limit: the most rows to return, or None for all of them.
    """
    rows = airportsdata.load('ICAO')
    first = [rows.pop(icao) for icao in LANDMARKS if icao in rows]
    return (first + list(rows.values()))[:limit]


def load(rows, batch=500, progress=None):
    """Save airports, and the countries they lie in, a batch at a time.

    :param rows: dicts as :func:`read` returns them.
    :param batch: how many airports to create between two commits.
    :param progress: called with the number of airports after each commit.
    """
    countries = {}
    for start in range(0, len(rows), batch):
        part = rows[start:start + batch]
        for row in part:
            code = row['country']
            if code not in countries:
                countries[code] = Country(code=code)
            Airport(
                icao=row['icao'],
                iata=row['iata'] or None,
                name=row['name'],
                city=row['city'] or None,
                country=countries[code],
                elevation=int(row['elevation']),
                latitude=row['lat'],
                longitude=row['lon'],
            )
        rom.session.commit()
        if progress:
            progress(len(part))


def left_by_others(connection):
    """Tell whether the server already holds rows under our two namespaces."""
    return any(connection.exists('%s:id:' % model._namespace)
               for model in (Country, Airport))


def remove(connection):
    """Delete every key of the two models, and nothing else."""
    rom.session.rollback()
    for model in (Country, Airport):
        keys = []
        for key in connection.scan_iter(model._namespace + ':*', count=1000):
            keys.append(key)
            if len(keys) == 1000:
                connection.delete(*keys)
                keys = []
        if keys:
            connection.delete(*keys)
