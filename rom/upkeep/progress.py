"""How far a long job is."""

import types

import six

from ..exceptions import InvalidOperation, WrongArgument
from ..values.codecs import _shown

__all__ = ['Progress', 'checked_model', 'long_job']


def checked_model(name, model):
    """Return a model that a job was given.

    :raises WrongArgument: for anything else
    """
    if isinstance(model, type) and hasattr(model, '_rom_schema'):
        return model
    raise WrongArgument('%s takes a model class, you provided %s' % (name, _shown(model)), value=model)


class Progress(object):
    """A long job on a model, which its iteration does step by step; an iterator of (done, total).

    :param name: str, that of the function
    :param model: Model class
    :param steps: generator of (done, total)
    """

    def __init__(self, name, model, steps):
        self._name, self._model, self._steps = name, model, steps
        self._how_far = 'not run yet, iterate it or show_progress(it)'
        self._has_ended = False

    def __iter__(self):
        return self

    def __next__(self):
        return self._take(next, self._steps)

    next = __next__

    def _take(self, function, *args):
        try:
            step = function(*args)
        except StopIteration:
            self._has_ended = True
            self._how_far = self._outcome()
            raise
        except BaseException as error:
            self._how_far = 'ended by %s' % type(error).__name__
            raise
        self._how_far = '%s of %s done' % step
        return step

    def _outcome(self):
        return 'done'

    def _checked_end(self, what):
        """Refuse to tell what only the end tells.

        :raises InvalidOperation: before it
        """
        if not self._has_ended:
            raise InvalidOperation('%r: its %s are known when it is done' % (self, what), model=self._model.__name__)

    def __repr__(self):
        return '<%s of %s: %s>' % (self._name, self._model.__name__, self._how_far)


class _Generator(Progress):
    """A job that passes for the generator that it is in 1.1.2: programs may ask for that."""

    __class__ = property(lambda self: types.GeneratorType)

    def send(self, value):
        return self._take(self._steps.send, value)

    def throw(self, *error):
        return self._take(self._steps.throw, *error)

    def close(self):
        self._steps.close()


def long_job(function):
    """Decorate a generator of (done, total), the first argument of which is a model: what it gives says how far it is."""
    @six.wraps(function)
    def start(model, *args, **kwargs):
        return _Generator(function.__name__, checked_model(function.__name__, model), function(model, *args, **kwargs))
    return start
