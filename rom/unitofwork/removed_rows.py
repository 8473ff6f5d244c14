"""Entities of one model that are removed alike: planned, told and finished together."""

import itertools

from ..storage import batches, removal
from .hooks import any_has_own_hook
from .jobs import Job, Removal

__all__ = ['RemovedRows']


class RemovedRows(Job):
    """The job of many rows of a model of which nobody asks more than that they go, and that call nothing of the program's own.

    Where anything is not as it should be, each row becomes the `Removal` that it is by itself.

    :param entities: list
    :param place: what `place_of` says of all
    """

    entities = ()
    is_plain = True

    def __init__(self, entities, place):
        Job.__init__(self, entities[0], place)
        self.entities, self.stored = entities, [entity._rom.row for entity in entities]
        self._alone = None

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

    @property
    def rows(self):
        """int, how many there are."""
        return len(self.entities)

    def plan(self):
        """Make the operation."""
        self.operation = removal.remove(self.schema, [entity._rom.id for entity in self.entities], self.stored)

    def alone(self):
        """Return the rows as jobs of their own, as a list: the same ones whenever it is asked."""
        if self._alone is None:
            self._alone = [self._removal(*each) for each in zip(self.entities, self.stored, self.operation.each())]
        for job in self._alone if self.columns else ():
            job.columns = 1
        return self._alone

    def _removal(self, entity, stored, operation):
        job = Removal(entity, place=(self.connection, self.shard))
        job.stored, job.operation = stored, operation
        return job

    def finish(self, id):
        self.owner._rom_removed(self.entities)
        return len(self.entities)
