# -*- coding: utf-8 -*-
"""The errors: their tree, arguments, data and texts."""
import copy
import pickle

import pytest
import six

import rom
from rom import exceptions
from rom.exceptions import (
    BulkError, ColumnError, DataRaceError, EntityDeletedError, InvalidColumnValue, InvalidOperation,
    MissingColumn, ORMError, QueryError, RestrictError, UniqueKeyViolation, UnsafeError)

pytestmark = pytest.mark.pure

PARENTS = {
    ORMError: Exception, UniqueKeyViolation: ORMError, InvalidOperation: ORMError, ColumnError: ORMError,
    BulkError: ORMError, QueryError: InvalidOperation, RestrictError: InvalidOperation,
    DataRaceError: InvalidOperation, EntityDeletedError: InvalidOperation, MissingColumn: ColumnError,
    InvalidColumnValue: ColumnError, UnsafeError: ColumnError,
}


def test_tree():
    for error, parent in PARENTS.items():
        assert error.__bases__ == (parent,)
    assert sorted(exceptions.__all__) == sorted(error.__name__ for error in PARENTS)


def test_every_error_is_an_attribute_of_the_package():
    errors = [each for each in vars(exceptions).values() if isinstance(each, type) and issubclass(each, ORMError)]
    assert {'NoResultFound', 'MultipleResultsFound', 'OutcomeUnknownError'} <= set(each.__name__ for each in errors)
    for error in errors:
        assert getattr(rom, error.__name__, None) is error
        # no star import may cover a name of a program's own
        assert error in PARENTS or error.__name__ not in rom.__all__ + exceptions.__all__


def test_arguments_stay_and_the_message_is_shown():
    error = EntityDeletedError('Entity A:92 deleted', 'A', '92')
    assert error.args == ('Entity A:92 deleted', 'A', '92')
    assert str(error) == 'Entity A:92 deleted'
    assert (error.model, error.pk, error.columns, error.value, error.errors) == (None, None, (), None, ())
    assert str(ORMError()) == ''


def test_text_beyond_ascii():
    error = ORMError(u'no such caf\xe9')
    assert six.text_type(error) == u'no such caf\xe9'
    assert 'caf' in str(error)
    assert six.text_type(ORMError(u'caf\xe9'.encode('utf-8') if six.PY2 else u'caf\xe9')) == u'caf\xe9'


def test_data():
    error = InvalidColumnValue('bad', model='User', pk=5, columns=('email',), value=1.5)
    assert error.args == ('bad',)
    assert (error.model, error.pk, error.columns, error.value) == ('User', 5, ('email',), 1.5)
    with pytest.raises(TypeError) as caught:
        ORMError('bad', colour='red')
    assert 'colour' in str(caught.value)


def test_bulk_error_lists_entities():
    reason = UniqueKeyViolation('taken')
    error = BulkError('2 of 3', errors=[('entity', reason)])
    assert error.errors == [('entity', reason)]


@pytest.mark.parametrize('error', sorted(PARENTS, key=lambda error: error.__name__))
@pytest.mark.parametrize('protocol', range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_and_copy(error, protocol):
    original = error('message', 'ns', '5', model='User', pk=5, columns=('a', 'b'), value=[1])
    for twin in (pickle.loads(pickle.dumps(original, protocol)), copy.copy(original), copy.deepcopy(original)):
        assert type(twin) is error
        assert twin.args == original.args
        assert (twin.model, twin.pk, twin.columns, twin.value) == ('User', 5, ('a', 'b'), [1])
