"""A property of the class, and what a class is to type annotations."""

__all__ = ['ClassProperty', 'class_itself']


def class_itself(cls, types):
    """Return the class: what `Query['User']` is at run time, for the stubs say what such types mean.

    :param cls: the class
    :param types: what stands in the brackets; it is not looked at
    """
    return cls


class ClassProperty(object):
    """A property that is read on the class itself.

    :param get: callable(cls) -> value
    :param set: callable(cls, value), or None
    :param delete: callable(cls), or None

    Example::

        class Model(object):
            name = ClassProperty(lambda cls: cls.__name__.lower())
    """

    __class_getitem__ = classmethod(class_itself)

    def __init__(self, get, set=None, delete=None):
        self.get = get
        self.set = set
        self.delete = delete

    def __get__(self, obj, cls=None):
        return self.get(type(obj) if cls is None else cls)

    def __set__(self, obj, value):
        if self.set is None:
            raise AttributeError("can't set attribute")
        self.set(type(obj), value)

    def __delete__(self, obj):
        if self.delete is None:
            raise AttributeError("can't delete attribute")
        self.delete(type(obj))

    def getter(self, get):
        """Return the same property with another getter."""
        return type(self)(get, self.set, self.delete)

    def setter(self, set):
        """Return the same property with another setter."""
        return type(self)(self.get, set, self.delete)

    def deleter(self, delete):
        """Return the same property with another deleter."""
        return type(self)(self.get, self.set, delete)
