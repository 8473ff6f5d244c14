# -*- coding: utf-8 -*-
"""Random updates by a query, upserts, many rows at once, and loops that write, in Redis and in the oracle alike: for test_differential.py."""
import decimal

import rom

#: {column: (what rom is told, what comes of a value)} of expressions
EXPRESSIONS = {
    'number': [(lambda column: column + 1, lambda value: value + 1), (lambda column: 3 - column, lambda value: 3 - value),
               (lambda column: (column - 2) * 2, lambda value: (value - 2) * 2)],
    'float': [(lambda column: column + .5, lambda value: value + .5), (lambda column: column * -.5, lambda value: float(value) * -.5)],
    'decimal': [(lambda column: column + decimal.Decimal('0.5'), lambda value: value + decimal.Decimal('0.5')),
                (lambda column: 2 - column, lambda value: 2 - value)],
}


class Writes(object):
    """What changes many rows of a World."""

    def random_limit(self):
        rng = self.rng
        return [('limit', (rng.choice([0, 0, 1, 3]), rng.choice([0, 1, 2, 5, None])), {})] * (rng.random() < .6)

    def update_found(self):
        rng, calls = self.rng, self.random_calls() + self.random_limit()
        ours, theirs = self.both(calls)
        if theirs.is_refused:
            return
        values, changes = {}, {}
        for name in rng.sample(sorted(self.makers), rng.choice([1, 1, 2, 4])):
            if name in EXPRESSIONS and rng.random() < .7:
                told, work_out = rng.choice(EXPRESSIONS[name])
                values[name], changes[name] = told(getattr(self.Row, name)), work_out
            else:
                values[name] = None if rng.random() < .2 else self.random_value(name)
                changes[name] = lambda value, given=values[name]: given
        ids = theirs.ids()
        self.expect(calls, '.update(**%s)' % values, ours.update(**values), len(ids))
        for id in ids:
            row = dict(self.table.rows[id])
            for name, change in changes.items():
                value = row.get(name)
                row[name] = change(0 if value is None and name in EXPRESSIONS else value)
            self.table.put(id, dict((name, value) for name, value in row.items() if value is not None))

    def increment(self):
        name, by = self.rng.choice([('number', self.rng.choice([1, -3, 2 ** 53])), ('float', .5), ('decimal', decimal.Decimal('0.10'))])
        id = self.some_id()
        row, entity = dict(self.table.rows[id]), self.Row.get(id)
        row[name] = row.get(name, 0) + by
        assert entity.increment(name, by) == row[name] == getattr(entity, name)
        self.table.put(id, row)

    def upsert(self):
        """A row by a unique value, which one has or none."""
        rng, code = self.rng, u'code%d' % self.rng.randrange(2 * self.size)
        defaults = dict((name, self.random_value(name)) for name in rng.sample(sorted(self.makers), 2))
        found = [id for id, row in self.table.rows.items() if row.get('code') == code]
        method = rng.choice(['get_or_create', 'update_or_create'])
        entity, is_made = getattr(self.Row, method)(defaults, code=code)
        assert is_made is not bool(found) and found in ([], [entity.id]) and not entity._modified
        if is_made:
            self.table.put(entity.id, dict(defaults, code=code))
        elif method == 'update_or_create':
            self.table.put(entity.id, dict(self.table.rows[entity.id], **defaults))

    def create_many(self):
        rows, before = [self.random_row() for _ in range(3)], self.table.highest
        for place, row in enumerate(rows):
            if any(row.get('code') == each['code'] for each in rows[:place] if 'code' in each):
                del row['code']
        assert self.Row.bulk_create(iter(rows)) == 3
        made = sorted(entity.id for entity in self.Row.query.all() if entity.id > before)
        assert len(made) == 3
        for id, row in zip(made, rows):
            self.table.put(id, row)

    def loop(self):
        """Each row that was there comes once at most, all comes that the loop does not touch, and it ends."""
        rng, calls = self.rng, self.random_calls()
        is_whole = rng.random() < .7 and not any(name == 'near' and len(args) > 5 for name, args, _ in calls)
        calls += [] if is_whole else self.random_limit()
        ours, theirs = self.both(calls)
        if theirs.is_refused:
            return
        before, expected, given = dict(self.table.rows), theirs.ids(), []
        for entity in ours.iter_result(pagesize=rng.choice([1, 2, 5, 20])):
            given.append(entity.id)
            assert len(given) <= len(before), self.told(calls) + ': no end'
            if rng.random() < .3:
                rng.choice([self.update, self.update, self.create, self.delete, self.update_found])()
        untouched = set(id for id in expected if self.table.rows.get(id) is before[id])
        self.expect(calls, ', loop: rows twice', len(given) - len(set(given)), 0)
        self.expect(calls, ', loop: new rows', sorted(set(given) - set(before)), [])
        if is_whole:
            self.expect(calls, ', loop: left out', sorted(untouched - set(given)), [])
        rom.session.rollback()
