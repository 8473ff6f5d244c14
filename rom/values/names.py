"""Names that somebody may have meant. PURE."""

import six

__all__ = ['is_slip', 'nearest', 'quoted', 'suggestion']

#: how many names a message lists where none is near
_MOST_LISTED = 12


def nearest(name, known):
    """Return the name that was probably meant.

    :param name: text
    :param known: iterable of text
    :returns: one of `known`, or None

    Example::

        nearest('emial', ['id', 'email'])       # 'email'
    """
    import difflib  # only where a name is not known: it takes as long to import as some of our own
    folded = dict((each.lower(), each) for each in known)
    found = difflib.get_close_matches(name.lower(), sorted(folded), 1) if isinstance(name, six.string_types) else ()
    return folded[found[0]] if found else None


def is_slip(name, known):
    """Whether a name is probably one of `known`, mistyped: nearly as long, and nearly the same."""
    meant = nearest(name, known)
    return meant is not None and abs(len(meant) - len(name)) <= 2


def suggestion(name, known):
    """Return the end of a message about a name that is not there: the one that was meant, or those that there are.

    :param name: what was given
    :param known: list of text
    :returns: text

    Example::

        suggestion('emial', ['id', 'email'])    # ": did you mean 'email'?"
    """
    meant, known = nearest(name, known), list(known)
    if meant is not None:
        return ': did you mean %s?' % quoted(meant)
    if not known:
        return ''
    return ': there %s %s%s' % ('is' if len(known) == 1 else 'are', ', '.join(known[:_MOST_LISTED]),
                                ' and %d more' % (len(known) - _MOST_LISTED) if len(known) > _MOST_LISTED else '')


def quoted(name):
    """Return a name in quotes, alike on every Python."""
    shown = repr(name)
    return shown[1:] if six.PY2 and shown.startswith('u') else shown
