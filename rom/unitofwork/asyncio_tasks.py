"""Which tasks of asyncio have changed what in a session that they share, since none of them has opened a scope."""

import sys
import weakref

__all__ = ['Changers', 'running_loop']


def running_loop():
    """Return the event loop that runs in this thread, or None; asyncio is not imported for that."""
    asyncio = sys.modules.get('asyncio')
    return None if asyncio is None else asyncio._get_running_loop()


def _task():
    return sys.modules['asyncio'].current_task()


class Changers(object):
    """The tasks that have changed entities, and those that have read values which can change in place."""

    def __init__(self):
        self._changed, self._read = {}, {}  # {id of the entity: [weak reference to a task]}

    def note_change(self, entity):
        """Note that the running task changes an entity."""
        self._note(self._changed, entity)

    def note_read(self, entity):
        """Note that the running task has read a value that it may change in place."""
        self._note(self._read, entity)

    @staticmethod
    def _note(tasks, entity):
        task = _task()
        if task is not None:
            noted = tasks.setdefault(id(entity), [])
            if not any(each() is task for each in noted):
                noted.append(weakref.ref(task))

    def of_others(self, entities):
        """Return the entities that another task has changed which still runs, as a list."""
        if not (self._changed or self._read):
            return []
        own = _task() if running_loop() is not None else None
        return [entity for entity in entities if self._is_of_another(entity, own)]

    def _is_of_another(self, entity, own):
        if _others_run(self._changed.get(id(entity), ()), own):
            return True
        readers = self._read.get(id(entity), ())
        return (not entity._rom.assigned and _others_run(readers, own)
                and not any(each() is own for each in readers))


def _others_run(references, own):
    tasks = [reference() for reference in references]
    return any(task is not None and task is not own and not task.done() for task in tasks)
