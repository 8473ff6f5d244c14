"""Entities that change alike: planned, told and finished together, which takes the client a third of what they take one by one."""

from ..mapping.assignments import Planned, numbers
from ..storage.alteration import AlteredRow, AlteredRows
from .jobs import Job, Save

__all__ = ['ChangedRows']


class ChangedRows(Job):
    """The job of many rows of a model in which the same columns change, and that call nothing of the program's own.

    Where anything is not as it should be, each row becomes the `Save` that it is by itself.

    :param entity: one like them
    :param place: what `place_of` says of all
    :param layout: `AlterationLayout` of what changes
    :ivar entities: list
    """

    entities = ()
    is_plain = True

    def __init__(self, entity, place, layout):
        Job.__init__(self, entity, place)
        self.number = next(numbers)  # what is assigned from now on is written by another save
        self.operation = AlteredRows(layout)
        self.assigned = tuple(entity._rom.assigned)
        self.attrs, self.places = [attr for attr, _, _ in layout.columns], [place for _, place, _ in layout.columns]
        self.to_fill = [self.schema.position[attr] for attr in self.schema.defaulted if attr not in self.attrs]
        self.entities, self.raw, self.seen = [], [], []  # the raw rows, and what was in these places of each
        self._alone = None

    @classmethod
    def like(cls, entity, place):
        """Return an empty job for entities that change as this one does; None where each has to say more of itself.

        :param place: what `place_of` says of the entity
        """
        state = entity._rom
        layouts = not state.new and state.assigned and state.schema.alterations[tuple(sorted(state.assigned))]
        return cls(entity, place, layouts[0]) if layouts and not layouts[0].is_explicit else None

    def takes(self, entity):
        """Plan one more, if it is of this kind; returns whether it is."""
        state = entity._rom
        row, values = state.row, state.values
        if tuple(state.assigned) != self.assigned:
            return False
        for place in self.to_fill:
            if row[place] is None:
                return False
        for attr in self.schema.mutable:
            if attr in values:
                return False
        seen = [row[place] for place in self.places]
        if not self.operation.takes(state.id, row, values):
            return False
        self.entities.append(entity)
        self.raw.append(row)
        self.seen += seen
        return True

    @property
    def rows(self):
        """int, how many there are."""
        return len(self.entities)

    @property
    def weight(self):
        """int, what they cost the server, in index entries."""
        return len(self.entities) * self.operation.layout.weight

    def is_current(self):
        """Whether all entities are what they were when they were planned, as `Save.is_current` has it."""
        at, seen = 0, self.seen
        for entity, row in zip(self.entities, self.raw):
            state = entity._rom
            if state.row is not row or state.deleted or state.assigned_since(self):
                return False
            for place in self.places:
                if row[place] is not seen[at]:
                    return False
                at += 1
        return True

    def alone(self):
        """Return the rows as jobs of their own, as a list: the same ones whenever it is asked."""
        if self._alone is None:
            self._alone = list(map(self._save, range(len(self.entities))))
        if self.columns:
            for job in self._alone:
                job.columns = len(self.attrs)
        return self._alone

    def _save(self, number):
        width, row = len(self.places), list(self.raw[number])
        said = self.operation.said[(1 + 2 * width) * number:][:1 + 2 * width]
        for place, raw in zip(self.places, self.seen[width * number:]):
            row[place] = raw
        job = Save(self.entities[number], place=(self.connection, self.shard), is_plain=True)
        job.was_new = job.was_deleted = False  # when this was planned
        job.operation = AlteredRow(self.operation.layout, said, self.operation.layout.weight)
        job.planned = Planned(job.operation, dict(zip(self.attrs, said[1 + width:])), row, number=self.number)
        job.planned.row = self.raw[number]
        job.weight = job.operation.weight
        return job

    def new_references(self):
        return ()

    def finish(self, id):
        width, said = len(self.attrs), self.operation.said
        texts = [said[at:at + width] for at in range(1 + width, len(said), 1 + 2 * width)]
        self.owner._rom_all_written(self.entities, self.raw, self.attrs, texts, self)
        return width * len(self.entities)
