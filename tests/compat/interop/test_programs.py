"""Small programs, run under rom 1.1.2 and under this library: both print the same and leave the same keys.

See programs.py for how they are written. Where docs/promises.rst decides otherwise than 1.1.2 is not in them.
"""
import pytest

import programs
from sides import differences, keyspace


@pytest.mark.parametrize('name', programs.names())
def test_program(ours, theirs, connection, name):
    outcomes = []
    for side in (ours, theirs):
        connection.flushdb()
        side.reset()
        outcomes.append((side.run_program(name), keyspace(connection)))
    (our_lines, our_keys), (their_lines, their_keys) = outcomes
    assert our_lines == their_lines
    assert differences(our_keys, their_keys) == {}
