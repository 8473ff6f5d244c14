"""Write calls that a scope left behind without an answer: whoever writes their entities next has to ask about them first."""

__all__ = ['calls_left_on', 'leave']


def leave(calls):
    """Have the entities of some calls remember them.

    :param calls: list of `store.WriteCall`
    """
    for call in calls:
        for entity in call.entities():
            entity._rom.remember_call(call)


def calls_left_on(entities):
    """Return the calls that some entities remember, and the new ones to which they refer; they remember them no longer."""
    found, waiting, seen = [], list(entities), set()
    while waiting:
        entity = waiting.pop()
        if id(entity) not in seen:
            seen.add(id(entity))
            waiting.extend(entity._rom.new_references())
            call = getattr(entity._rom, 'unanswered', None)
            if call is not None:
                entity._rom.remember_call(None)
                found.append(call)
    return found
