"""Names of test cases: the same in every process, so that pytest-xdist can share them out."""
import re

_ADDRESS = re.compile(r' at 0x[0-9a-fA-F]+')


def shown(value):
    """The repr of a parameter, without the addresses in it, sets and dicts in their order."""
    if type(value) in (set, frozenset) and value:
        return '{%s}' % ', '.join(sorted(map(shown, value)))
    if type(value) is dict:
        return '{%s}' % ', '.join(sorted('%s: %s' % (shown(key), shown(each)) for key, each in value.items()))
    return _ADDRESS.sub('', repr(value))
