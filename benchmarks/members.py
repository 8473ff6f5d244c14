"""What the query language and its writes are asked, of members: rows with more columns; and what stood like a cliff on large tables.

Like `workload`, whose operations these become, it runs on both roms. What 1.1.2 has no words for it does in the way that its users
would, or not at all; what it is asked, `targets.LINES` says.
"""

from collections import Counter

import rom

import data

KNOWN = {}
OPERATIONS = {}
IS_OLD = not hasattr(rom, 'within')


def member(namespace):
    """The model of members: beside the columns of a person a name of its own in alphabetical order, numbers, places."""
    if namespace not in KNOWN:
        KNOWN[namespace] = type('Member%d' % len(KNOWN), (rom.Model,), dict(
            _namespace=namespace,
            email=rom.Text(unique=True),
            name=rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True),
            city=rom.Text(index=True, keygen=rom.IDENTITY, prefix=True),
            age=rom.Integer(index=True),
            score=rom.Float(index=True),
            created=rom.DateTime(index=True),
            active=rom.Boolean(index=True),
            handle=rom.Text(index=True, unique=True, keygen=rom.IDENTITY, prefix=True),
            half=rom.Text(index=True, keygen=rom.IDENTITY),
            stock=rom.Integer(index=True),
            rank=rom.Integer(index=True),
            visits=rom.Integer(index=True),
            lon=rom.Float(),
            lat=rom.Float(),
            geo_index=[rom.GeoIndex('place', lambda row: row.lon and {'lon': row.lon, 'lat': row.lat}),
                       rom.GeoIndex('centre', lambda row: dict(zip(('lon', 'lat'), data.CENTRE)))],
        ))
    return KNOWN[namespace]


def asked(question, name=None):
    """An operation that asks `question(model, rng, rows)` `count` times and answers with what each gave."""
    def prepare(namespace, rows, count, rng):
        model = member(namespace)

        def run():
            answers = []
            for _ in range(count):
                answer = question(model, rng, rows)
                answers.append([getattr(each, 'id', each) for each in answer] if isinstance(answer, list) else answer)
                rom.session.rollback()
            return answers
        return run
    OPERATIONS[name or question.__name__] = prepare
    return question


def asked_of_old(question):
    """The same for what 1.1.2 is asked in place of the operation of that name, without the `old_` in front."""
    return asked(question, question.__name__[4:]) if IS_OLD else question


def first(query, count=20):
    """The first rows of a query."""
    return query.limit(0, count).all()


# -- conditions, orders, pages

@asked
def or_page(model, rng, rows):
    low, city = rng.uniform(850000, 950000), rng.choice(data.CITIES)
    return first(model.query.filter((model.score >= low) | (model.city == city)).order_by('-created'))


@asked_of_old
def old_or_page(model, rng, rows):
    low, city = rng.uniform(850000, 950000), rng.choice(data.CITIES)
    sides = [model.query.filter(score=(low, None)), model.query.filter(city=city)]
    found = {entity.id: entity for side in sides for entity in first(side.order_by('-created'))}
    return sorted(found.values(), key=lambda entity: entity.created, reverse=True)[:20]


@asked
def not_page(model, rng, rows):
    return first(model.query.exclude(city=rng.choice(data.CITIES)).order_by('-created'))


@asked
def orders_page(model, rng, rows):
    return first(model.query.filter(model.age <= rng.randint(40, 90)).order_by('-age', 'score'))


@asked
def alphabetical_page(model, rng, rows):
    return first(model.query.startswith(handle=rng.choice(data.PREFIXES)).order_by('handle'))


@asked
def search_page(model, rng, rows):
    return first(model.query.filter(model.name.search(' '.join(data.typed(rng, rows)))))


@asked_of_old
def old_search_page(model, rng, rows):
    word, beginning = data.typed(rng, rows)
    return first(model.query.filter(name=word).startswith(name=beginning))


def of_city_and_half(model, rng):
    """Rows with two words, the newest first: one in forty."""
    return model.query.filter(city=rng.choice(data.CITIES), half=rng.choice('ab')).order_by('-created')


@asked
def numbered_page(model, rng, rows):
    page = of_city_and_half(model, rng).page(3, 20)
    return [page.total] + [entity.id for entity in page.items]


@asked_of_old
def old_numbered_page(model, rng, rows):
    query = of_city_and_half(model, rng)
    return [query.count()] + [entity.id for entity in query.limit(40, 20).all()]


@asked
def cities_counted(model, rng, rows):
    return sorted(model.query.count_by('city').items())


@asked_of_old
def old_cities_counted(model, rng, rows):
    return sorted(Counter(entity.city for entity in model.query.iter_result()).items())


@asked
def sum_of_half(model, rng, rows):
    return model.query.filter(half=rng.choice('ab')).sum('stock')


@asked_of_old
def old_sum_of_half(model, rng, rows):
    return sum(entity.stock for entity in model.query.filter(half=rng.choice('ab')).iter_result())


def cursor_page(namespace, rows, count, rng):
    """Pages behind cursors at a depth of 100,000, or of a third of the rows. 1.1.2 has offsets."""
    model = member(namespace)
    query, offset = model.query.order_by('score'), data.depth(rows)

    def run():
        if IS_OLD:
            return [[entity.id for entity in query.limit(offset + 1 + number % 20, 20).all()] for number in range(count)]
        return [[entity.id for entity in query.after(run.places[number % 20]).limit(0, 20).all()] for number in range(count)]

    def ready():
        run.places = [] if IS_OLD else [query.cursor(entity) for entity in query.limit(offset, 20).all()]
    run.ready = ready
    return run


OPERATIONS['cursor_page'] = cursor_page


# -- writing

def load_one_by_one(namespace, rows, count, rng):
    """Store members after the first `rows` through the model itself."""
    model, values = member(namespace), [data.member(number) for number in range(rows + 1, rows + count + 1)]

    def run():
        for each in values:
            model(**each).save()
    return run


OPERATIONS['load_one_by_one'] = load_one_by_one


def update_many(namespace, rows, count, rng):
    """The first `count` rows of an order get one more visit each."""
    model = member(namespace)
    query = model.query.filter(score=(0, None)).limit(0, count)

    def run():
        if not IS_OLD:
            return query.update(visits=model.visits + 1)
        entities = query.all()
        for entity in entities:
            entity.visits += 1
        rom.session.commit()
        return len(entities)
    return run


OPERATIONS['update_many'] = update_many


def get_or_create(namespace, rows, count, rng):
    """Members got by their unique names; every second one has to be made."""
    model, values = member(namespace), list(data.wanted(namespace, rows, count, rng))

    def one(handle, others):
        if not IS_OLD:
            return model.get_or_create(others, handle=handle)[1]
        if model.get_by(handle=handle):
            return False
        model(handle=handle, **others).save()
        return True

    def run():
        return [one(*each) for each in values]
    return run


OPERATIONS['get_or_create'] = get_or_create


# -- the cliffs: what was slow on 100,000 rows

@asked
def near_one_point(model, rng, rows):
    return len(first(model.query.near('centre', data.CENTRE[0], data.CENTRE[1], 5, 'km')))


@asked
def list_count(model, rng, rows):
    return model.query.filter(rank=data.numbers(rng, 100)).count()


@asked
def two_words_count(model, rng, rows):
    return model.query.filter(active=True, half=rng.choice('ab')).count()


@asked
def half_range_count(model, rng, rows):
    return model.query.filter(half=rng.choice('ab'), score=data.half(rng)).count()


@asked
def ranges_count(model, rng, rows):
    return model.query.filter(score=data.half(rng), age=(30, 70)).count()


@asked
def near_count(model, rng, rows):
    return model.query.near('centre', data.CENTRE[0], data.CENTRE[1], 5, 'km').count()


@asked
def like_nothing(model, rng, rows):
    return first(model.query.like(name='*%dx' % rng.randint(1, 9)))


@asked
def like_beginning(model, rng, rows):
    return first(model.query.like(handle='m*x%dx' % rng.randint(1, 9)))


@asked
def two_lists(model, rng, rows):
    return first(model.query.filter(stock=data.numbers(rng, 4000), rank=data.numbers(rng, 4000)))


@asked
def word_far_page(model, rng, rows):
    return model.query.filter(active=True).order_by('score').limit(rows * 2 // 5, 20).all()


@asked
def unfiltered_far_page(model, rng, rows):
    return model.query.limit(rows // 2, 20).all()


@asked
def long_list_page(model, rng, rows):
    return first(model.query.filter(rank=rng.sample(range(2 * data.NUMBERS), data.NUMBERS)))


@asked
def behind_a_gap(model, rng, rows):
    return first(model.query)


@asked
def ranges_cached(model, rng, rows):
    key = model.query.filter(score=data.half(rng), age=(30, 70)).cached_result(30)
    return model._connection.zcard(key) if model._connection.type(key) == b'zset' else model._connection.scard(key)


@asked
def cities_of_half(model, rng, rows):
    return sorted(model.query.filter(half=rng.choice('ab')).count_by('city').items())


@asked
def sum_of_all(model, rng, rows):
    return model.query.sum('stock')
