"""Entities that change alike: planned, told and finished together, which takes the client a third of what they take one by one."""

from ..mapping.assignments import Planned, numbers
from ..storage.alteration import AlteredRow, AlteredRows
from .jobs import ManyRows, Save

__all__ = ['ChangedRows']


class ChangedRows(ManyRows):
    """The job of many rows of a model in which the same columns change.

    :param entity: one like them
    :param place: what `place_of` says of all
    :param layout: `AlterationLayout` of what changes
    :param assigned: tuple of the columns that are assigned
    :param int number: of the plan: see `Planned`
    """

    def __init__(self, entity, place, layout, assigned, number):
        ManyRows.__init__(self, entity, place)
        self.layout, self.operation = layout, AlteredRows(layout)
        self.assigned, self.number = assigned, number
        self.entities, self.raw = [], []  # and the raw rows that they had

    @classmethod
    def like(cls, entity, place):
        """Return an empty job for entities that change as this one does; None where each has to say more of itself.

        :param place: what `place_of` says of the entity
        """
        state, number = entity._rom, next(numbers)  # what is assigned from now on is written by another save
        assigned = tuple(state.assigned)
        layouts = not state.new and assigned and state.schema.alterations.of(assigned)
        if not layouts or layouts[0].is_explicit or not layouts[0].is_all(state.row, state.values):
            return None
        return cls(entity, place, layouts[0], assigned, number)

    def takes(self, entity):
        """Plan one more, if it is of this kind; returns whether it is: of one in which nothing differs nothing is written."""
        state = entity._rom
        row, values = state.row, state.values
        if tuple(state.assigned) != self.assigned or not self.layout.is_all(row, values):
            return False
        is_added = self.operation.takes(state.id, row, values)
        if is_added:
            self.entities.append(entity)
            self.raw.append(row)
        return is_added is not None

    @property
    def weight(self):
        """int, what they cost the server, in index entries."""
        return len(self.entities) * self.layout.weight

    def is_current(self):
        """Whether all entities are what they were when they were planned, as `Save.is_current` has it."""
        number = self.number
        for entity, row in zip(self.entities, self.raw):
            state = entity._rom
            if state.row is not row or state.deleted or not state.assigned or max(state.assigned.values()) > number:
                return False
        return True

    def each(self):
        return list(map(self._save, range(len(self.entities))))

    def _save(self, number):
        width = len(self.layout.attrs)
        said = self.operation.said[(1 + 2 * width) * number:][:1 + 2 * width]
        job = Save(self.entities[number], place=(self.connection, self.shard), is_plain=True)
        job.was_new = job.was_deleted = False  # when this was planned
        job.operation = AlteredRow(self.layout, said, self.layout.weight)
        job.planned = Planned(job.operation, dict(zip(self.layout.attrs, said[1 + width:])), self.raw[number], number=self.number)
        job.weight = job.operation.weight
        return job

    def finish(self, id):
        width, said = len(self.layout.attrs), self.operation.said
        texts = [said[at:at + width] for at in range(1 + width, len(said), 1 + 2 * width)]
        self.owner._rom_all_written(self.entities, self.raw, [column[1] for column in self.layout.columns], texts, self)
        return width * len(self.entities)
