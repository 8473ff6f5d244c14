"""Entities of one model that are removed alike: planned, told and finished together."""

import itertools

from ..storage import batches, removal
from .hooks import any_has_own_hook
from .jobs import ManyRows, Removal

__all__ = ['Removals']


class Removals(ManyRows):
    """The job of many rows of a model of which nobody asks more than that they go.

    :param entities: list
    :param place: what `place_of` says of all
    """

    def __init__(self, entities, place):
        ManyRows.__init__(self, entities[0], place)
        self.entities, self.stored = entities, [entity._rom.row for entity in entities]

    @staticmethod
    def are_such(entities):
        """Whether entities are of this kind: all of one model, without hooks and unsafe columns."""
        models = set(map(type, entities))
        return (len(models) == 1 and not entities[0]._rom_schema.unsafe
                and not any_has_own_hook(entities, '_before_delete', '_after_delete'))

    @classmethod
    def of(cls, entities, place):
        """Return jobs of as many rows as one call holds."""
        jobs = []
        for first in range(0, len(entities), batches.ROWS_PER_WRITE):
            block = entities[first:first + batches.ROWS_PER_WRITE]
            weight = batches.likely_weight(itertools.chain.from_iterable([entity._rom.row for entity in block]))
            is_one = len(block) + weight <= batches.ENTRIES_PER_WRITE
            parts = [block] if is_one else batches.in_batches(block, lambda entity: batches.likely_weight(entity._rom.row))
            jobs += [cls(part, place) for part in parts]
        return jobs

    def plan(self):
        """Make the operation."""
        self.operation = removal.remove(self.schema, [entity._rom.id for entity in self.entities], self.stored)

    def each(self):
        return [self._removal(*each) for each in zip(self.entities, self.stored, self.operation.each())]

    def _removal(self, entity, stored, operation):
        job = Removal(entity, place=(self.connection, self.shard))
        job.stored, job.operation = stored, operation
        return job

    def finish(self, id):
        self.owner._rom_removed(self.entities)
        return len(self.entities)
