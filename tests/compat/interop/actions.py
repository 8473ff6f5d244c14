"""What both sides can be told to do: functions of plain values, over the public API alone."""
import os
import sys

import rom
from rom import util

import models
import programs

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'support'))
import random_programs  # noqa: E402 (it needs the path)

HELD = {}
LOCKS = {}


def model_named(name):
    return getattr(models, name)


def entity_of(model, id):
    """The entity held under this name and id, or a fresh read."""
    held = HELD.get((model, id))
    if held is not None:
        return held
    rom.session.rollback()
    return model_named(model).get(id)


def plain(value):
    """A value without entities: their ids instead."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return dict((key, plain(item)) for key, item in value.items())
    if isinstance(value, (rom.Model, models.Foreign)):
        return value.id if isinstance(value, models.Foreign) else getattr(value, value._pkey)
    return value


def ids(entities):
    return [getattr(entity, entity._pkey) for entity in entities]


def version():
    return rom.VERSION


def reset():
    """Forget everything that a test before this one left in the process."""
    HELD.clear()
    LOCKS.clear()
    rom.session.rollback()


def create(model, values):
    entity = model_named(model)(**values)
    written = entity.save()
    id = getattr(entity, entity._pkey)
    rom.session.rollback()
    return [id, written]


def create_many(model, rows):
    """Several new entities in one commit."""
    entities = [model_named(model)(**values) for values in rows]
    written = rom.session.commit()
    rom.session.rollback()
    return [ids(entities), written]


def hold(model, id):
    """Load an entity and keep it, with what was read, for later calls."""
    HELD[model, id] = entity_of(model, id)


def update(model, id, values, full=False, force=False):
    entity = entity_of(model, id)
    for name, value in values.items():
        setattr(entity, name, value)
    written = entity.save(full=full, force=force)
    if (model, id) not in HELD:
        rom.session.rollback()
    return written


def clear(model, id, names):
    entity = entity_of(model, id)
    for name in names:
        delattr(entity, name)
    return entity.save()


def read(model, id):
    entity = entity_of(model, id)
    return None if entity is None else plain(entity.to_dict())


def attribute(model, id, name):
    return plain(getattr(entity_of(model, id), name))


def delete(model, id):
    entity_of(model, id).delete()
    HELD.pop((model, id), None)


def session_delete(model, id_list):
    rom.session.rollback()
    rom.session.delete(*model_named(model).get(id_list))


def get_by(model, values):
    rom.session.rollback()
    found = model_named(model).get_by(**values)
    return ids(found) if isinstance(found, list) else found and ids([found])[0]


def build(model, steps):
    query = model_named(model).query
    for method, args, kwargs in steps:
        query = getattr(query, method)(*args, **kwargs)
    return query


def query(model, steps):
    rom.session.rollback()
    return ids(build(model, steps).all())


def count(model, steps):
    return build(model, steps).count()


def select(model, steps, columns):
    rom.session.rollback()
    return plain(list(build(model, steps).select(*columns).all()))


def query_delete(model, steps):
    rom.session.rollback()
    build(model, steps).delete()


def unsafe(model, id, attr, command, args):
    return getattr(getattr(entity_of(model, id), attr), command)(*args)


def does_not_startwith(model, attr, words):
    return ids(model_named(model).does_not_startwith(attr, words))


def reindex(model):
    return list(util.refresh_indices(model_named(model)))[-1]


def clean(model):
    return bool(list(util.clean_old_index(model_named(model))))


def transfer(model, source, target, attr, value, token):
    """Move value between two rows, with a third row, fresh, as the token."""
    rom.session.rollback()
    sender, receiver = model_named(model).get([source, target])
    sender.transfer(receiver, attr, value, models.Owner.get(token), 'name')
    rom.session.rollback()


def lock(model, id, acquire_timeout, lock_timeout):
    held = util.EntityLock(entity_of(model, id), acquire_timeout, lock_timeout)
    obtained = held.acquire()
    if obtained:
        LOCKS[model, id] = held
    return bool(obtained)


def refresh_lock(model, id):
    return bool(LOCKS[model, id].refresh())


def release(model, id):
    return bool(LOCKS[model, id].release())


def run_program(name):
    """What one of the small programs prints."""
    return programs.run(name)


def play(told):
    """Play a random program in models of its own; tells what came of each step, errors by their names."""
    kept = dict(rom.MODELS), dict(rom.MODELS_REFERENCED)
    try:
        return plain(random_programs.play(told).outcomes)
    finally:
        rom.session.rollback()
        for registry, content in zip((rom.MODELS, rom.MODELS_REFERENCED), kept):
            registry.clear()
            registry.update(content)
