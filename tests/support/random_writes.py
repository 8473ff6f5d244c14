# -*- coding: utf-8 -*-
"""Random updates by a query, and loops that write, in Redis and in the oracle alike: for test_differential.py."""
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
