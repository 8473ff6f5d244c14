"""Where a class statement stands, and which models it replaces: those that it made when it ran before."""

import collections
import sys

from ..columns import MODELS
from ..exceptions import ORMError

__all__ = ['Origin', 'check_free', 'origin_of']

#: the modules that make classes of others' statements
_MAKERS = (__name__, __name__.rpartition('.')[0] + '.metaclass', 'six')


class Origin(collections.namedtuple('Origin', 'module qualname file line')):
    """Where a model comes from: text, text, text and int."""

    __slots__ = ()

    def __str__(self):
        return 'module %s (%s, line %d)' % (self.module, self.file, self.line)

    def is_that_of(self, other):
        """Whether both are the same statement, run twice: what a function makes anew each time is not, but in a kernel."""
        return self[:2] == other[:2] and ('<locals>' not in self.qualname or _is_kernel())


def origin_of(name, attrs):
    """Return the `Origin` of a class that is being made.

    :param name: text, the class name
    :param attrs: dict, what the class body says
    """
    frame = caller = _maker(sys._getframe(1))
    while frame is not None and frame.f_globals.get('__name__') != attrs.get('__module__'):
        frame = frame.f_back  # a metaclass of the program's own, in another module
    frame = frame or caller
    module = attrs.get('__module__') or frame.f_globals.get('__name__') or '?'
    # Python 2 has no qualified names, nor has what `type(name, bases, {})` makes
    known = name if frame.f_locals is frame.f_globals else '<locals>.' + name
    return Origin(module, attrs.get('__qualname__') or known, frame.f_code.co_filename, frame.f_lineno)


def _maker(frame):
    while frame.f_back is not None and frame.f_globals.get('__name__') in _MAKERS:
        frame = frame.f_back
    return frame


def check_free(origin, name, namespace):
    """Return the models that a new one of this name and namespace replaces, as a list: mostly none.

    :raises ORMError: where another model has the name or the namespace, saying where that stands
    """
    standing = [MODELS[key] for key in (name, namespace) if key in MODELS]
    for model in standing:
        first = model._rom_schema.origin
        if not origin.is_that_of(first):
            raise ORMError('Cannot have two models with the same name (%s) or namespace (%s): %s exists already, in %s; give '
                           'this one a name or a _namespace of its own' % (name, namespace, model.__name__, first), model=name)
    return [model for place, model in enumerate(standing) if model not in standing[:place]]


def _is_kernel():
    """Whether this is IPython, of which Jupyter's kernel is one."""
    get_ipython = getattr(sys.modules.get('IPython'), 'get_ipython', None)
    return get_ipython is not None and get_ipython() is not None
