"""The hooks by which a program learns of its writes, and has its say before them."""

from ..exceptions import EntityDeletedError

__all__ = ['Hooks', 'any_has_own_hook', 'call_before_write', 'has_own_hook']


class Hooks(object):
    """Methods that a model overrides."""

    __slots__ = ()

    def _before_insert(self):
        """Run before a new entity is written."""

    def _before_update(self):
        """Run before a change is written."""

    def _before_delete(self):
        """Run before the row is removed."""

    def _after_insert(self):
        """Run after a new entity was written."""

    def _after_update(self):
        """Run after a change was written."""

    def _after_delete(self):
        """Run after the row was removed."""


def has_own_hook(entity, *names):
    """Whether one of these hooks is a program's own."""
    model, own = type(entity), getattr(entity, '__dict__', ())
    for name in names:
        if getattr(model, name) != getattr(Hooks, name) or name in own:
            return True
    return False


def any_has_own_hook(entities, *names):
    """Whether one of these hooks is a program's own in one of some entities of a model."""
    own = [getattr(entity, '__dict__', None) for entity in entities]
    return has_own_hook(entities[0], *names) or any([name in each for each in own if each for name in names])


def call_before_write(entity, force=False):
    """Call the hook that goes before a save.

    :raises EntityDeletedError: for what was deleted, unless by `force`
    """
    state = entity._rom
    if state.deleted and not force:
        raise EntityDeletedError('Entity %s is deleted; copy() it to save it again' % entity._pk, entity._namespace,
                                 str(state.id), model=state.schema.name, pk=state.id)
    if state.new:
        entity._before_insert()
    else:
        entity._before_update()
