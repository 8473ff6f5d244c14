"""What the models of a program know of each other: plain dicts that programs may clear."""

__all__ = ['MODELS', 'MODELS_REFERENCED', 'NO_ACTION_DEFAULT', 'NULL', 'ON_DELETE', 'SKIP_ON_DELETE', 'find_model',
           'if_replaced', 'put_back', 'references_to', 'take_out', 'today']

NULL = object()
NO_ACTION_DEFAULT = object()
SKIP_ON_DELETE = object()

ON_DELETE = ('no action', 'restrict', 'cascade', 'set null', 'set default')

#: class name and namespace -> Model class
MODELS = {}

#: class name of the model pointed at -> [(namespace of the referring model, attribute, on_delete action)]
MODELS_REFERENCED = {}


def find_model(table):
    """Return the Model class called `table`; of a class the one that it is by now.

    :param table: class name or namespace (text), or a Model class
    :returns: the Model class, or None where no such model has been made yet
    """
    return today(table) if isinstance(table, type) else MODELS.get(table)


def today(model):
    """Return the class that has replaced a model; the model itself where none has.

    :param model: a class
    """
    successor = getattr(getattr(model, '_rom_schema', None), 'successor', None)
    return model if successor is None else today(successor)


def if_replaced(entity, model):
    """Return what to add to a refusal of an entity whose class was defined again, as `model`; '' for any other value."""
    if type(entity) is model or today(type(entity)) is not model:
        return ''
    return ', not one of the %s defined before: get it again' % model.__name__


def take_out(models, namespace):
    """Forget models that are about to be replaced, and the rules of the references that they have.

    :param models: list of Model classes
    :param namespace: text, that of the new one: rules of a model that a program took out by itself go, too
    :returns: what `put_back` takes
    """
    gone = dict((name, model) for name, model in MODELS.items() if model in models)
    for name in gone:
        del MODELS[name]
    before = {}
    for table, references in list(MODELS_REFERENCED.items()):
        left = [reference for reference in references if reference[0] != namespace and reference[0] not in gone]
        if len(left) < len(references):
            before[table] = references
            MODELS_REFERENCED[table] = left
    return gone, before


def put_back(taken):
    """Undo `take_out`."""
    for registry, content in zip((MODELS, MODELS_REFERENCED), taken):
        registry.update(content)


def references_to(model):
    """Return the references that point at `model`.

    :param model: a Model class
    :returns: list of (referring Model class, attribute, on_delete action)
    """
    names = {model.__name__, model._namespace}
    names.update(name for name in MODELS_REFERENCED if MODELS.get(name) is model)  # its namespace may have been changed
    found = []
    for name in sorted(names):
        for referrer, attr, action in MODELS_REFERENCED.get(name, ()):
            referring = find_model(referrer)
            if referring is not None and (referring, attr, action) not in found:
                found.append((referring, attr, action))
    return found
