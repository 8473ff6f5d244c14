# -*- coding: utf-8 -*-
"""The models of the interop tests: every column type and index kind, read by rom 1.1.2 and by this library alike."""
import rom


class Foreign(object):
    """An object of another ORM."""

    def __init__(self, id):
        self.id = id

    @classmethod
    def get(cls, id):
        return cls(int(id))


def json_index(value):
    return {'': len(value), 'size': len(value), 'any': None} if value else None


def initials(attr, row):
    """Words out of two columns."""
    return [u'%s:%s' % (attr, word[:1]) for word in (row.get('text') or u'', row.get('identity') or u'') if word]


def distance(attr, row):
    """Numbers out of two columns."""
    return {'': (row.get('integer') or 0) + (row.get('float') or 0), 'half': (row.get('integer') or 0) / 2.0}


def location(row):
    """Where the row is, from two of its columns."""
    if row['float'] is None or row['integer'] is None:
        return []
    return {'lon': row['float'] / 10.0, 'lat': row.integer % 80}


def ref_word(value):
    return None if value is None else [u'word-%s' % value]


class Target(rom.Model):
    name = rom.Text(required=True, unique=True, index=True, keygen=rom.IDENTITY)
    weight = rom.Integer(index=True, default=7)
    pointers = rom.OneToMany('Every', column='reference')


class Every(rom.Model):
    """Every kind of column and index, bar geo."""
    _namespace = 'every thing'
    key = rom.PrimaryKey(index=True)
    integer = rom.Integer(index=True)
    float = rom.Float(index=True)
    decimal = rom.Decimal(index=True)
    boolean = rom.Boolean(index=True)
    datetime = rom.DateTime(index=True)
    date = rom.Date(index=True)
    time = rom.Time(index=True)
    string = rom.String(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
    string_id = rom.String(index=True, keygen=rom.IDENTITY)
    text = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True)
    simple = rom.Text(index=True, keygen=rom.SIMPLE)
    simple_ci = rom.Text(index=True, keygen=rom.SIMPLE_CI)
    case = rom.Text(index=True, keygen=rom.CASE_INSENSITIVE)
    identity = rom.Text(index=True, keygen=rom.IDENTITY)
    identity_ci = rom.Text(index=True, keygen=rom.IDENTITY_CI)
    identity_prefix = rom.Text(keygen=rom.IDENTITY, prefix=True, suffix=True)
    json = rom.Json(index=True, keygen=json_index)
    reference = rom.ManyToOne('Target', 'no action')
    one = rom.OneToOne('Target', 'no action')
    foreign = rom.ForeignModel(Foreign)
    computed = rom.Text(index=True, keygen2=initials)
    words = rom.IndexOnly('integer', keygen=ref_word)
    both = rom.IndexOnly(keygen2=initials)
    sum = rom.IndexOnly(keygen2=distance)
    log = rom.UnsafeColumn()
    unique_int = rom.Integer(unique=True)
    unique_text = rom.Text(unique=True)
    unique_bytes = rom.String(unique=True)
    unique_indexed = rom.Text(unique=True, index=True, keygen=rom.IDENTITY_CI)
    plain = rom.Text()
    plain_int = rom.Integer(default=3)
    unique_together = [('text', 'integer'), ('plain', 'string', 'boolean')]


class Moment(rom.Model):
    """Apart, because rom 1.1.2 cannot leave a SaferDateTime empty."""
    safer = rom.SaferDateTime(index=True, required=True)


class Geo(rom.Model):
    integer = rom.Integer()
    float = rom.Float()
    name = rom.Text(index=True, keygen=rom.FULL_TEXT, suffix=True)
    geo_index = [rom.GeoIndex('place', location)]


class Keyed(rom.Model):
    """A unique column with a keygen, where the two differ: ours keeps the value as it was given."""
    email = rom.Text(unique=True, keygen=rom.IDENTITY_CI)
    n = rom.Integer()


class Owner(rom.Model):
    name = rom.Text()


class Restricted(rom.Model):
    owner = rom.ManyToOne('Owner', 'restrict')


class Cascaded(rom.Model):
    owner = rom.ManyToOne('Owner', 'cascade')
    n = rom.Integer(index=True)


class Nulled(rom.Model):
    owner = rom.ManyToOne('Owner', 'set null')


class Slot(rom.Model):
    """A namespace with a hash tag."""
    _namespace = '{slot}'
    name = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True)
    n = rom.Integer(index=True)
