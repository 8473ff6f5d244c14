"""Names that somebody may have meant."""
import pytest

from rom.values import names

pytestmark = pytest.mark.pure

COLUMNS = ['id', 'email', 'name', 'age', 'created_at', 'team']


@pytest.mark.parametrize('name, meant', [
    ('emial', 'email'), ('nmae', 'name'), ('EMAIL', 'email'), ('aeg', 'age'), ('createdAt', 'created_at'), ('colour', None), ('', None),
    (5, None), (None, None)])
def test_nearest(name, meant):
    assert names.nearest(name, COLUMNS) == meant


@pytest.mark.parametrize('name, is_slip', [
    ('nmae', True), ('names', True), ('nickname', False), ('full_name', False), ('colour', False), ('teem', True)])
def test_slips(name, is_slip):
    assert names.is_slip(name, COLUMNS) is is_slip


def test_suggestions():
    assert names.suggestion('emial', COLUMNS) == ": did you mean 'email'?"
    assert names.suggestion('colour', ['id', 'name']) == ': there are id, name'
    assert names.suggestion('colour', ['id']) == ': there is id'
    assert names.suggestion('colour', []) == ''
    assert names.suggestion('colour', ['c%d' % number for number in range(20)]).endswith('c11 and 8 more')
    assert names.quoted(u'emial') == "'emial'" and names.quoted(5) == '5'
