"""Names of test cases: the same in every process, so that pytest-xdist can share them out."""
import re

_ADDRESS = re.compile(r' at 0x[0-9a-fA-F]+')


def shown(value):
    """The repr of a parameter, without the addresses in it."""
    return _ADDRESS.sub('', repr(value))
