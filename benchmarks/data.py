"""The rows of the benchmarks: made from their number alone, so that every contestant stores the same ones."""

import datetime
import random
import time

SYLLABLES = 'ka lo mi ra ten vor shi pel dun gor bel mar quo zen ti fa nu sol wick ham'.split()
CITIES = ['city%02d' % number for number in range(20)]
EPOCH = datetime.datetime(1970, 1, 1)
PREFIXES = [first + second[0] for first in SYLLABLES for second in SYLLABLES]

COLUMNS = ('email', 'name', 'city', 'age', 'score', 'created', 'active')
#: of a member beside them
MORE_COLUMNS = ('handle', 'half', 'stock', 'rank', 'visits', 'lon', 'lat')
NUMBERS = 10000
#: how namespaces begin that hold members
OF_MEMBERS = ('bench-n', 'bench-q')
#: where the geo index of everybody has everybody
CENTRE = (8.57, 50.03)


def name_part(rng):
    """One made-up name of three or four syllables, such as 'Karaten'."""
    return ''.join(rng.choice(SYLLABLES) for _ in range(rng.choice((3, 4)))).capitalize()


def row(number):
    """The values of row `number` (from 1): seven columns, six index entries beside unique, prefix and suffix."""
    return _row(number, random.Random(number))


def _row(number, rng):
    return {
        'email': 'user%d@example.com' % number,
        'name': '%s %s' % (name_part(rng), name_part(rng)),
        'city': rng.choice(CITIES),
        'age': rng.randint(18, 90),
        'score': round(rng.uniform(0, 1000000), 3),
        'created': EPOCH + datetime.timedelta(seconds=rng.randint(1000000000, 1700000000)),
        'active': rng.random() < 0.7,
    }


def rows(first, count):
    """The rows `first` to `first + count - 1`, as a list."""
    return [row(number) for number in range(first, first + count)]


def member(number):
    """The values of member `number`: a row, a name of its own, one of two halves, two of 10,000 numbers, a place."""
    rng = random.Random(number)
    values = _row(number, rng)
    values.update(handle='%s%d' % (name_part(rng).lower(), number), half=rng.choice('ab'), stock=rng.randrange(NUMBERS),
                  rank=rng.randrange(NUMBERS), visits=0, lon=rng.uniform(-170, 170), lat=rng.uniform(-80, 80))
    return values


def essay(number, words):
    """A text of `words` different words, the same for the same number."""
    vocabulary = ['%s%s%s%s' % (a, b, c, number % 7) for a in SYLLABLES for b in SYLLABLES for c in SYLLABLES]
    return ' '.join(random.Random(number).sample(vocabulary, words))


def some_ids(rows, count, rng):
    """`count` ids out of 1 to `rows`, each once as long as there are enough."""
    if count <= rows:
        return rng.sample(range(1, rows + 1), count)
    return [rng.randint(1, rows) for _ in range(count)]


def half(rng):
    """A range of scores that about half of the rows are in."""
    low = rng.uniform(100000, 400000)
    return low, low + 500000


def ages(rng):
    """A range of ages that about a fifth of the rows are in."""
    low = rng.randint(20, 70)
    return low, low + 14


def typed(rng, rows):
    """What somebody types who looks for a row: a word, and three letters of the next one."""
    words = row(rng.randint(1, rows))['name'].lower().split()
    return words[0], words[1][:3]


def depth(rows):
    """How deep a reader has come who goes on behind a cursor."""
    return min(100000, rows // 3)


def wanted(namespace, rows, count, rng):
    """Members of which every second one is there already: (handle, the other values) of each."""
    fresh = time.time()
    for number in range(count):
        values = member(rng.randint(1, rows))
        if number % 2:
            values.update(handle='%s-%r-%d' % (values['handle'], fresh, number), email='%s-%r-%d' % (values['email'], fresh, number))
        yield values.pop('handle'), values


def numbers(rng, count):
    """Some of the numbers that members have."""
    return rng.sample(range(NUMBERS), count)
