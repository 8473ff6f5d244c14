"""What the two roms are asked to do: this file runs unchanged on rom 1.1.2 and on this library.

Each operation is prepared with (namespace, rows, count, rng) and returns a function that does it `count` times and
returns an answer, by which the benchmark sees that both roms found the same. What has to be loaded or changed before,
and is not to be in the time, its attribute `ready` does.
"""

import itertools
import tracemalloc

import redis
import rom
from rom import util

import data
import members

OPERATIONS = {}
KNOWN = {}


def operation(function):
    """Make a function known as the operation of its name."""
    OPERATIONS[function.__name__] = function
    return function


def connect(uri):
    """Let rom work on the server at `uri`."""
    util.CONNECTION = redis.Redis.from_url(uri)


def record(uri, commands):
    """Have a client work that notes each command; `connect` ends that."""
    class Recorder(redis.Redis):
        def execute_command(self, *args, **options):
            commands.append((args, options))
            return redis.Redis.execute_command(self, *args, **options)
    util.CONNECTION = Recorder.from_url(uri)


def about():
    """Which rom this is, and from where."""
    return {'rom': rom.VERSION, 'path': rom.__file__}


def settle():
    """Forget all entities, so that the next operation starts cold."""
    rom.session.rollback()


def person(namespace):
    """The model of `namespace`: seven columns; two words, a word and three numbers indexed; unique, prefix, suffix. Or members."""
    if namespace.startswith(data.OF_MEMBERS):
        return members.member(namespace)
    if namespace not in KNOWN:
        KNOWN[namespace] = type('Person%d' % len(KNOWN), (rom.Model,), dict(
            _namespace=namespace,
            email=rom.Text(unique=True),
            name=rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True, suffix=True),
            city=rom.Text(index=True, keygen=rom.IDENTITY),
            age=rom.Integer(index=True),
            score=rom.Float(index=True),
            created=rom.DateTime(index=True),
            active=rom.Boolean(),
        ))
    return KNOWN[namespace]


def note(namespace):
    """The model of the long texts: one number, one text of which every word is indexed."""
    namespace += ':note'
    if namespace not in KNOWN:
        KNOWN[namespace] = type('Note%d' % len(KNOWN), (rom.Model,), dict(
            _namespace=namespace,
            views=rom.Integer(index=True),
            body=rom.Text(index=True, keygen=rom.FULL_TEXT),
        ))
    return KNOWN[namespace]


# -- writing

@operation
def load(namespace, rows, count, rng):
    """Fill a namespace with the rows after the first `rows`."""
    model = person(namespace)

    def run():
        for first in range(rows + 1, rows + count + 1, 2000):
            kept = [model(**row) for row in data.rows(first, min(2000, rows + count + 1 - first))]
            rom.session.commit()
            del kept
    return run


@operation
def create_save(namespace, rows, count, rng):
    model, values = person(namespace), data.rows(rows + 1, count)

    def run():
        for row in values:
            model(**row).save()
    return run


@operation
def commit(namespace, rows, count, rng):
    model, values = person(namespace), data.rows(rows + 1, count)

    def run():
        kept = [model(**row) for row in values]
        rom.session.commit()
        return len(kept)
    return run


@operation
def update(namespace, rows, count, rng):
    model, ids = person(namespace), data.some_ids(rows, count, rng)

    def run():
        for pk in ids:
            entity = model.get(pk)
            entity.age += 1
            entity.save()
    return run


@operation
def commit_changed(namespace, rows, count, rng):
    model, ids = person(namespace), data.some_ids(rows, count, rng)

    def run():
        rom.session.commit()
        return len(run.kept)

    def ready():
        run.kept = model.get(ids)
        for entity in run.kept:
            entity.age += 1
    run.ready = ready
    return run


def stored(model, rows, count):
    """Store some rows after the first `rows`; their ids."""
    kept = [model(**row) for row in data.rows(rows + 1, count)]
    rom.session.commit()
    return [entity.id for entity in kept]


@operation
def delete_one(namespace, rows, count, rng):
    model = person(namespace)
    ids = stored(model, rows, count)

    def run():
        for pk in ids:
            model.get(pk).delete()
    return run


@operation
def delete_many(namespace, rows, count, rng):
    model = person(namespace)
    ids = stored(model, rows, count)

    def run():
        rom.session.delete(*run.kept)
        return len(run.kept)

    def ready():
        run.kept = model.get(ids)
    run.ready = ready
    return run


def change_notes(namespace, words, count):
    """Save `count` notes with texts of `words` words; then the run changes the number of each, and saves it."""
    model = note(namespace)
    entities = [model(views=number, body=data.essay(number, words) if words else None) for number in range(count)]
    for entity in entities:
        entity.save()
    ids = [entity.id for entity in entities]

    def run():
        for pk in ids:
            entity = model.get(pk)
            entity.views += 1000
            entity.save()
    return run


@operation
def update_short(namespace, rows, count, rng):
    return change_notes(namespace, 0, count)


@operation
def update_long(namespace, rows, count, rng):
    return change_notes(namespace, 2000, count)


def words_asked(namespace, words, count):
    """Ask `count` times for the rows that have so many words; one row has them all."""
    model, text = note(namespace), data.essay(1, 2000)
    model(views=1, body=text).save()
    asked_for = ' '.join(text.split()[:words])

    def run():
        return [model.query.filter(body=asked_for).count() for _ in range(count)]
    return run


@operation
def ask_50_words(namespace, rows, count, rng):
    return words_asked(namespace, 50, count)


@operation
def ask_1000_words(namespace, rows, count, rng):
    return words_asked(namespace, 1000, count)


# -- loading

@operation
def get_one(namespace, rows, count, rng):
    model, ids = person(namespace), data.some_ids(rows, count, rng)

    def run():
        return sum(model.get(pk) is not None for pk in ids)
    return run


@operation
def get_one_read(namespace, rows, count, rng):
    model, ids = person(namespace), data.some_ids(rows, count, rng)

    def run():
        return sum(len([getattr(entity, column) for column in data.COLUMNS]) for entity in map(model.get, ids))
    return run


@operation
def get_many(namespace, rows, count, rng):
    model, ids = person(namespace), data.some_ids(rows, count, rng)

    def run():
        return len(model.get(ids))
    return run


@operation
def get_many_read(namespace, rows, count, rng):
    model, ids = person(namespace), data.some_ids(rows, count, rng)

    def run():
        return sum(len([getattr(entity, column) for column in data.COLUMNS]) for entity in model.get(ids))
    return run


@operation
def get_by(namespace, rows, count, rng):
    model = person(namespace)
    emails = [data.row(pk)['email'] for pk in data.some_ids(rows, count, rng)]

    def run():
        return [model.get_by(email=email).id for email in emails]
    return run


@operation
def iterate(namespace, rows, count, rng):
    model = person(namespace)

    def run():
        return sum(1 for _ in model.query.iter_result())
    return run


@operation
def entity_bytes(namespace, rows, count, rng):
    """Bytes that one loaded entity takes: untouched, and with every column read."""
    model, ids = person(namespace), data.some_ids(rows, count, rng)

    def run():
        tracemalloc.start()
        model.get(ids[:1])
        before = tracemalloc.get_traced_memory()[0]
        entities = model.get(ids)
        loaded = tracemalloc.get_traced_memory()[0] - before
        for entity in entities:
            for column in data.COLUMNS:
                getattr(entity, column)
        read = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        return [loaded / float(len(ids)), read / float(len(ids))]
    return run


# -- queries: each is built anew and asked `count` times, with other values each time

def asked(question):
    """An operation that asks `question(model, rng)` `count` times and answers with what each gave."""
    def prepare(namespace, rows, count, rng):
        model = person(namespace)

        def run():
            answers = []
            for _ in range(count):
                answer = question(model, rng)
                answers.append(answer if isinstance(answer, int) else [entity.id for entity in answer])
                rom.session.rollback()
            return answers
        return run
    OPERATIONS[question.__name__] = prepare
    return question


@asked
def range_page(model, rng):
    return model.query.filter(score=data.half(rng)).limit(0, 20).all()


@asked
def word_range_count(model, rng):
    return model.query.filter(city=rng.choice(data.CITIES), age=data.ages(rng)).count()


@asked
def prefix_page(model, rng):
    return model.query.startswith(name=rng.choice(data.PREFIXES)).limit(0, 20).all()


@asked
def prefix_order_page(model, rng):
    return model.query.startswith(name=rng.choice(data.PREFIXES)).order_by('score').limit(0, 20).all()


@asked
def word_order_page(model, rng):
    return model.query.filter(city=rng.choice(data.CITIES)).order_by('score').limit(0, 20).all()


@asked
def order_page(model, rng):
    return model.query.order_by('score').limit(rng.randint(0, 5), 20).all()


@asked
def word_page(model, rng):
    return model.query.filter(city=rng.choice(data.CITIES)).limit(0, 20).all()


@asked
def word_range_page(model, rng):
    return model.query.filter(city=rng.choice(data.CITIES), age=data.ages(rng)).limit(0, 20).all()


@asked
def suffix_page(model, rng):
    return model.query.endswith(name=rng.choice(data.SYLLABLES)).limit(0, 20).all()


@asked
def range_count(model, rng):
    return model.query.filter(score=data.half(rng)).count()


@asked
def word_count(model, rng):
    return model.query.filter(city=rng.choice(data.CITIES)).count()


# -- large results, asked of many rows to see how long one call holds the server

@asked
def like_page(model, rng):
    return model.query.like(name='*a*' + rng.choice(data.SYLLABLES)).limit(0, 20).all()


@asked
def like_prefix_count(model, rng):
    return model.query.like(name='ka*' + rng.choice(data.SYLLABLES)).count()


@asked
def letter_count(model, rng):
    return model.query.startswith(name='m').count()


@asked
def typed_words_page(model, rng):
    return model.query.startswith(name=' '.join(data.name_part(rng) for _ in range(1000))).limit(0, 20).all()


@asked
def typed_letters_page(model, rng):
    return model.query.filter(model.name.search('%s %s' % tuple(rng.sample('klmrtv', 2)))).limit(0, 20).all()


@asked
def typed_letter_page(model, rng):
    return model.query.filter(model.name.search(rng.choice('klmrtv'))).limit(0, 20).all()


@asked
def letter_order_page(model, rng):
    return model.query.startswith(name='m').order_by('-score').limit(0, 20).all()


@asked
def two_ranges_count(model, rng):
    return model.query.filter(score=data.half(rng), age=(30, 70)).count()


@asked
def far_page(model, rng):
    return model.query.filter(score=data.half(rng)).limit(100000, 20).all()


@asked
def none_found(model, rng):
    return model.query.filter(score=data.half(rng), age=(18, 54), city='nowhere').limit(0, 20).all()


@operation
def large_result(namespace, rows, count, rng):
    model = person(namespace)

    def run():
        return len(model.query.filter(score=data.half(rng)).all())
    return run


@operation
def large_iterate(namespace, rows, count, rng):
    model = person(namespace)

    def run():
        return sum(1 for _ in itertools.islice(model.query.filter(score=data.half(rng)).iter_result(), 20000))
    return run


@operation
def large_cached(namespace, rows, count, rng):
    model = person(namespace)

    def run():
        key = model.query.filter(score=data.half(rng), age=(30, 70)).cached_result(5)
        return model._connection.delete(key)
    return run


@operation
def large_delete(namespace, rows, count, rng):
    model = person(namespace)

    def run():
        model.query.filter(city=rng.choice(data.CITIES), age=(18, 40)).delete()
    return run


@operation
def reindex_part(namespace, rows, count, rng):
    model = person(namespace)

    def run():
        for _ in itertools.islice(util.refresh_indices(model), 20):
            rom.session.rollback()
    return run


@operation
def clean_part(namespace, rows, count, rng):
    model = person(namespace)

    def run():
        for _ in itertools.islice(util.clean_old_index(model), 100):
            pass
    return run
