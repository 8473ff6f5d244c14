"""What the models of a program know of each other: plain dicts that programs may clear."""

__all__ = ['MODELS', 'MODELS_REFERENCED', 'NO_ACTION_DEFAULT', 'NULL', 'ON_DELETE', 'SKIP_ON_DELETE', 'find_model',
           'references_to']

NULL = object()
NO_ACTION_DEFAULT = object()
SKIP_ON_DELETE = object()

ON_DELETE = ('no action', 'restrict', 'cascade', 'set null', 'set default')

#: class name and namespace -> Model class
MODELS = {}

#: class name of the model pointed at -> [(namespace of the referring model, attribute, on_delete action)]
MODELS_REFERENCED = {}


def find_model(table):
    """Return the Model class called `table`; a class is given back as it is.

    :param table: class name or namespace (text), or a Model class
    :returns: the Model class, or None where no such model has been made yet
    """
    return table if isinstance(table, type) else MODELS.get(table)


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
