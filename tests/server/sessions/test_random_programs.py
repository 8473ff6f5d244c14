"""Random programs under this library alone: whatever they do, what stands in Redis fits together after every step."""
import os

import pytest
import rom
from rom import util

import random_programs
from consistency import problems, rows_of

#: more of them: ROM_TEST_PROGRAMS=5000
PROGRAMS = int(os.environ.get('ROM_TEST_PROGRAMS', '40'))


@pytest.fixture(autouse=True)
def registry_of_its_own(connection):
    yield
    rom.session.rollback()
    random_programs.forget_models()


def references(player):
    for name, model in player.models.items():
        for attr in player._references(model):
            yield model, attr, model._columns[attr]


class Watch(object):
    """Looks at Redis after each step of a program."""

    def __init__(self, connection):
        self.connection = connection

    def __call__(self, player, kind, given):
        found, rows = [], dict((name, rows_of(self.connection, name)) for name in player.models)
        for model in player.models.values():
            found += ['%s: %s' % (model.__name__, problem) for problem in problems(self.connection, model)]
            for id, row in rows[model.__name__].items():
                found += ['%s:%s lacks %s' % (model.__name__, id, attr) for attr in model._required
                          if attr in model._columns and attr not in row and attr != 'id']
        for model, attr, column in references(player):
            if column._on_delete != 'no action':
                found += ['%s:%s.%s refers to %s:%s, which is not there' % (model.__name__, id, attr, column._ftable, int(row[attr]))
                          for id, row in rows[model.__name__].items()
                          if attr in row and row[attr].decode('ascii') not in rows[column._ftable]]
        if kind == 'commit' and given is None:
            found += self.unsaved(player, rows)
        found += self.hooks_out_of_order(player.log)
        assert found == []

    def unsaved(self, player, rows):
        """What a commit has not written although it did not complain; hooks that follow a write may change things again."""
        for entity in player.held:
            objects = [other for other in player.held if other._rom.id == entity._rom.id and type(other) is type(entity)]
            if entity._deleted or len(objects) > 1 or rom.session.wknown.get(entity._pk) is not entity:
                continue
            row = rows[type(entity).__name__].get(str(entity.id))
            if row is None and not entity._new and entity._modified:
                yield '%s is gone, and the commit said nothing' % entity._pk
            if row is not None and not entity._new and not entity._modified and 'n' in entity._columns:
                if entity._last.get('n') != (row['n'].decode('ascii') if 'n' in row else None):
                    yield '%s.n is %r, the row has %r' % (entity._pk, entity._last.get('n'), row.get('n'))

    @staticmethod
    def hooks_out_of_order(log):
        """Each after-hook has a before-hook of its own; a hook may save the entity itself, so that an insert ends as an update."""
        waiting = {}
        for hook, who in log:
            kind = who, hook.endswith('delete')
            waiting[kind] = waiting.get(kind, 0) + (1 if hook.startswith('_before') else -1)
            if waiting[kind] < 0:
                yield '%s without a before-hook' % hook


@pytest.mark.parametrize('block', range(4))
def test_random_programs(connection, block):
    """Nothing is left dangling, half-written or out of step, and nothing but errors of this library's is raised."""
    for seed in range(block, PROGRAMS, 4):
        connection.flushdb()
        told = random_programs.program(seed)
        try:
            player = random_programs.play(told, True, Watch(connection))
        except Exception as error:
            raise AssertionError('program %d: %s: %s' % (seed, type(error).__name__, error))
        for model in player.models.values():
            job = util.check_indexes(model)
            list(job)
            assert job.problems == [], 'program %d: %s' % (seed, job)
