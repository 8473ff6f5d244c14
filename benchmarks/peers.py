"""Other mappers, for the operations that they have: popoto, walrus, redis-om. Each in its own manner, with the indexes it offers.

They keep other things than rom does, and some keep less; what they are measured by is the same data and the same questions.
"""

import datetime
import os

import redis

import data

OF_PEERS = ('create_save', 'update', 'delete_one', 'get_one', 'get_many', 'get_by', 'range_page', 'word_range_count',
            'word_order_page', 'iterate', 'commit')


class Peer(object):
    """The operations of one of them, in the form in which `worker` asks for them; what a peer has not is left out.

    A class has `model(namespace)`, and of the methods below those that differ from the usual.
    """

    def __init__(self):
        self.models = {}
        self.OPERATIONS = {name: getattr(self, name) for name in OF_PEERS + ('load',) if hasattr(self, name)}

    def connect(self, uri):
        """Work on the server at `uri`."""
        self.client = redis.Redis.from_url(uri)

    def about(self):
        """There is no rom here."""
        return {}

    def settle(self):
        """They keep nothing between operations."""

    def of(self, namespace):
        """The model of a namespace."""
        if namespace not in self.models:
            self.models[namespace] = self.model(namespace)
        return self.models[namespace]

    def each(self, items, do):
        """A function that does something with each item."""
        def run():
            for item in items:
                do(item)
            return len(items)
        return run

    def load(self, namespace, rows, count, rng):
        return self.create_save(namespace, rows, count, rng)

    def create_save(self, namespace, rows, count, rng):
        model = self.of(namespace)
        return self.each(list(enumerate(data.rows(rows + 1, count), rows + 1)), lambda item: self.create(model, *item))

    def get_one(self, namespace, rows, count, rng):
        model = self.of(namespace)
        return self.each(data.some_ids(rows, count, rng), lambda pk: self.get(model, pk))

    def update(self, namespace, rows, count, rng):
        model = self.of(namespace)

        def change(pk):
            entity = self.get(model, pk)
            entity.age += 1
            entity.save()
        return self.each(data.some_ids(rows, count, rng), change)

    def delete_one(self, namespace, rows, count, rng):
        self.load(namespace, rows, count, rng)()
        model = self.of(namespace)
        return self.each(range(rows + 1, rows + count + 1), lambda pk: self.delete(model, pk))

    def asked(self, count, rng, question):
        """A function that asks a question `count` times."""
        return self.each([question(rng) for _ in range(count)], lambda ask: ask())


class Walrus(Peer):
    """walrus: one key an index entry, queries by sets made on the server."""

    def connect(self, uri):
        import walrus
        Peer.connect(self, uri)
        self.db = walrus.Database(connection_pool=self.client.connection_pool)

    def model(self, namespace):
        import walrus
        return type('Person', (walrus.Model,), dict(
            __database__=self.db, __namespace__=namespace, id=walrus.AutoIncrementField(), email=walrus.TextField(index=True),
            name=walrus.TextField(index=True, fts=True), city=walrus.TextField(index=True), age=walrus.IntegerField(index=True),
            score=walrus.FloatField(index=True), created=walrus.DateTimeField(index=True), active=walrus.BooleanField()))

    def create(self, model, pk, row):
        return model.create(**row)

    def get(self, model, pk):
        return model.load(pk)

    def delete(self, model, pk):
        model.load(pk).delete()

    def delete_one(self, namespace, rows, count, rng):
        model = self.of(namespace)
        kept = [self.create(model, None, row).get_id() for row in data.rows(rows + 1, count)]  # its counter goes on
        return self.each(kept, lambda pk: self.delete(model, pk))

    def get_by(self, namespace, rows, count, rng):
        model = self.of(namespace)
        emails = [data.row(pk)['email'] for pk in data.some_ids(rows, count, rng)]
        return self.each(emails, lambda email: model.get(model.email == email))

    def range_page(self, namespace, rows, count, rng):
        model = self.of(namespace)

        def ask(rng):
            low, high = data.half(rng)
            return lambda: [entity for entity, _ in zip(model.query((model.score >= low) & (model.score <= high)), range(20))]
        return self.asked(count, rng, ask)

    def iterate(self, namespace, rows, count, rng):
        model = self.of(namespace)
        return lambda: sum(1 for _ in model.all())


class Popoto(Peer):
    """popoto: key fields in the key, sorted sets for what is sorted."""

    def connect(self, uri):
        os.environ['REDIS_URL'] = uri
        Peer.connect(self, uri)

    def model(self, namespace):
        import popoto
        return type('Person' + ''.join(filter(str.isalnum, namespace)), (popoto.Model,), dict(
            __module__=__name__,
            number=popoto.KeyField(), email=popoto.IndexedField(type=str), name=popoto.Field(type=str),
            city=popoto.IndexedField(type=str), age=popoto.SortedField(type=int), score=popoto.SortedField(type=float),
            created=popoto.SortedField(type=datetime.datetime), active=popoto.Field(type=bool)))

    def create(self, model, pk, row):
        return model.create(number=str(pk), **row)

    def get(self, model, pk):
        return model.query.get(number=str(pk))

    def delete(self, model, pk):
        model.query.get(number=str(pk)).delete()

    def commit(self, namespace, rows, count, rng):
        model = self.of(namespace)
        values = list(enumerate(data.rows(rows + 1, count), rows + 1))
        return lambda: len(model.bulk_create([model(number=str(pk), **row) for pk, row in values]))

    def get_by(self, namespace, rows, count, rng):
        model = self.of(namespace)
        emails = [data.row(pk)['email'] for pk in data.some_ids(rows, count, rng)]
        return self.each(emails, lambda email: list(model.query.filter(email=email)))

    def range_page(self, namespace, rows, count, rng):
        model = self.of(namespace)

        def ask(rng):
            low, high = data.half(rng)
            return lambda: list(model.query.filter(score__gte=low, score__lte=high, order_by='score', limit=20))
        return self.asked(count, rng, ask)

    def word_range_count(self, namespace, rows, count, rng):
        model = self.of(namespace)

        def ask(rng):
            city, (low, high) = rng.choice(data.CITIES), data.ages(rng)
            return lambda: model.query.count(city=city, age__gte=low, age__lte=high)
        return self.asked(count, rng, ask)

    def word_order_page(self, namespace, rows, count, rng):
        model = self.of(namespace)

        def ask(rng):
            city = rng.choice(data.CITIES)
            return lambda: list(model.query.filter(city=city, order_by='score', limit=20))
        return self.asked(count, rng, ask)

    def iterate(self, namespace, rows, count, rng):
        model = self.of(namespace)
        return lambda: len(model.query.all())


class RedisOm(Peer):
    """redis-om: a hash a row; its queries need a module of the server that neither server here has."""

    def connect(self, uri):
        import redis_om
        Peer.connect(self, uri)
        self.decoding = redis_om.get_redis_connection(url=uri, decode_responses=True)

    def model(self, namespace):
        import redis_om
        decoding = self.decoding

        class Person(redis_om.HashModel, index=True):
            email: str = redis_om.Field(index=True)
            name: str = redis_om.Field(index=True, full_text_search=True)
            city: str = redis_om.Field(index=True)
            age: int = redis_om.Field(index=True)
            score: float = redis_om.Field(index=True)
            created: datetime.datetime = redis_om.Field(index=True)
            active: bool

            class Meta:
                database = decoding
                global_key_prefix = namespace
        return Person

    def create(self, model, pk, row):
        return model(pk=str(pk), **row).save()

    def get(self, model, pk):
        return model.get(str(pk))

    def delete(self, model, pk):
        model.get(str(pk))
        model.delete(str(pk))

    def commit(self, namespace, rows, count, rng):
        model = self.of(namespace)
        values = list(enumerate(data.rows(rows + 1, count), rows + 1))
        return lambda: len(model.add([model(pk=str(pk), **row) for pk, row in values]))


PEERS = {'popoto': Popoto, 'walrus': Walrus, 'redis-om': RedisOm}
