"""Columns of plain values: numbers, dates, strings and JSON."""

import datetime
import decimal
import json
import math
import operator

import six

from ..exceptions import InvalidColumnValue, InvalidOperation, NotLatin1
from ..values import codecs, plain
from .base import Column
from .registry import NULL

__all__ = ['Boolean', 'Date', 'DateTime', 'Decimal', 'Float', 'Integer', 'Json', 'PrimaryKey', 'SaferDateTime',
           'String', 'Text', 'Time']

_decimal_class = decimal.Decimal
_MOST_DIGITS = 10 ** 5  # a Decimal of few characters can have more than fit into memory
_text_kinds = (six.text_type, bytes)


class _Number(Column):
    """What the numeric columns share: a numeric index, and nothing in it that Redis would refuse."""

    def _converted(self, value):
        if isinstance(value, bool) and bool not in self._also_allowed:
            raise self.refuse(value, 'takes numbers, not True or False')
        try:
            number = self._convert(value)
        except (ValueError, TypeError, OverflowError, decimal.InvalidOperation):
            raise self.refuse(value, 'takes %s' % self._takes)
        if self._index or self._unique:
            self._check_score(value, number)
        return number

    def _check_score(self, value, number):
        try:
            score = float(number)
        except (OverflowError, ValueError):
            raise self.refuse(value, 'is indexed, and this is beyond the range of a double')
        if score != score:
            raise self.refuse(value, 'is indexed, and NaN has no place in an index')
        if math.isinf(score) and not isinstance(number, float) and not _is_infinite(number):
            raise self.refuse(value, 'is indexed, and this is beyond the range of a double')

    _also_allowed = ()
    _takes = 'numbers'


def _is_infinite(number):
    return isinstance(number, _decimal_class) and number.is_infinite()


class Integer(_Number):
    """A whole number of any size.

    Example: ``age = rom.Integer(index=True)``
    """

    _allowed = six.integer_types
    _takes = 'whole numbers'

    @staticmethod
    def _convert(value):
        if isinstance(value, six.integer_types):
            return int(value)
        if isinstance(value, _text_kinds):
            return int(value)
        if isinstance(value, (float, _decimal_class)):
            if isinstance(value, _decimal_class) and value.is_finite() and value.adjusted() > _MOST_DIGITS:
                raise ValueError(value)
            whole = int(value)
            if whole != value:
                raise ValueError(value)
            return whole
        return operator.index(value)

    def _to_redis(self, value):
        return six.text_type(codecs.encode_int(value))

    def _from_redis(self, value):
        return codecs.decode_int(value)


class Float(_Number):
    """A double. NaN is kept where the column is not indexed.

    Example: ``price = rom.Float(default=0.0)``
    """

    _allowed = (float,) + six.integer_types
    is_read_as_written = False
    _takes = 'numbers that a float can hold'

    @staticmethod
    def _convert(value):
        number = float(value)  # of a subclass, whose repr may be anything, the number itself
        if isinstance(value, float):
            return number
        if isinstance(value, six.integer_types):
            if int(number) != value:
                raise ValueError(value)
            return int(value)
        if isinstance(value, _decimal_class) and value == value and _decimal_class(repr(number)) != value:
            raise ValueError(value)
        return number

    def _to_redis(self, value):
        return six.text_type(repr(value)).rstrip('L')

    def _from_redis(self, value):
        return float(value)


class Decimal(_Number):
    """An exact decimal.Decimal; floats are refused, for they are not exact.

    Example: ``balance = rom.Decimal(required=True)``
    """

    _allowed = _decimal_class
    _takes = 'decimal.Decimal, whole numbers and their text'
    _also_allowed = (bool,)

    @staticmethod
    def _convert(value):
        if isinstance(value, float):
            raise ValueError(value)
        if isinstance(value, bytes):
            value = value.decode('ascii')
        return _decimal_class(value)

    def _to_redis(self, value):
        return six.text_type(value)

    def _from_redis(self, value):
        try:
            return _decimal_class(value)
        except decimal.InvalidOperation:
            raise self.refuse(value, 'holds a malformed Decimal')


class Boolean(Column):
    """bool(value): the texts 'false', '0' and 'off' are True; None stays "no value". ``filter(ok='False')`` asks for False.

    Example: ``active = rom.Boolean(default=True, index=True)``
    """

    _allowed = bool

    def _converted(self, value):
        return bool(value)

    def _to_redis(self, obj):
        return u'1' if obj else u''

    def _from_redis(self, obj):
        return bool(obj)


class _Moment(Column):
    """What dates and times share: a numeric index over seconds."""

    def _converted(self, value):
        if isinstance(value, _text_kinds):
            try:
                return self._from_redis(value.decode('ascii') if isinstance(value, bytes) else value)
            except (ValueError, TypeError, OverflowError, ArithmeticError):
                raise self.refuse(value, 'takes %s; %s.fromisoformat(...) makes one of such a text' % (self._takes, self._takes))
        value = self._typed(value)
        if not codecs.is_moment(value):
            raise self.refuse(value, 'takes %s, and this is one in name only' % self._takes)
        return value


class DateTime(_Moment):
    """A naive datetime, exact to the microsecond; an aware one is stored as UTC.

    Example: ``created = rom.DateTime(default=datetime.datetime.now, index=True)``
    """

    _allowed = datetime.datetime
    _takes = 'datetime.datetime'

    def _converted(self, value):
        value = super(DateTime, self)._converted(value)
        try:
            return codecs.naive_utc(value)
        except (OverflowError, ValueError):
            raise self.refuse(value, 'cannot be told in UTC between the years 1 and 9999')

    def _to_redis(self, value):
        return codecs.encode_datetime(value)

    def _from_redis(self, value):
        return codecs.decode_datetime(value)


class SaferDateTime(DateTime):
    """A DateTime that takes datetime objects only, no text.

    Example: ``created = rom.SaferDateTime(default=datetime.datetime.now)``
    """

    def _converted(self, value):
        if not isinstance(value, datetime.datetime):
            raise self.refuse(value, 'takes datetime.datetime only')
        return super(SaferDateTime, self)._converted(value)


class Date(_Moment):
    """A date; of a datetime its date part.

    Example: ``birthday = rom.Date(index=True)``
    """

    _allowed = datetime.date
    _takes = 'datetime.date'

    def _converted(self, value):
        value = super(Date, self)._converted(value)
        return value.date() if isinstance(value, datetime.datetime) else value

    def _to_redis(self, value):
        return codecs.encode_date(value)

    def _from_redis(self, value):
        return codecs.decode_date(value)


class Time(_Moment):
    """A time of day without a time zone, exact to the microsecond.

    Example: ``opens = rom.Time()``
    """

    _allowed = datetime.time
    _takes = 'datetime.time'

    def _converted(self, value):
        value = super(Time, self)._converted(value)
        if value.tzinfo is not None:
            raise self.refuse(value, 'takes times without tzinfo')
        return value

    def _to_redis(self, value):
        return codecs.encode_time(value)

    def _from_redis(self, value):
        return codecs.decode_time(value)


class String(Column):
    """Bytes, every value of them; text is taken if it is Latin-1.

    Example: ``token = rom.String(unique=True)``
    """

    _allowed = bytes
    _takes = 'bytes, or text that is Latin-1'

    def _converted(self, value):
        if isinstance(value, six.text_type):
            try:
                return value.encode('latin-1')
            except UnicodeEncodeError:
                raise self.refuse(value, 'is bytes: text is taken if it is Latin-1; rom.Text is for text', NotLatin1)
        return self._typed(value)

    def _to_redis(self, value):
        return value.decode('latin-1')

    def _from_redis(self, value):
        return value.encode('latin-1')


class Text(Column):
    """Unicode text.

    Example: ``name = rom.Text(index=True, keygen=rom.FULL_TEXT, prefix=True)``
    """

    _allowed = six.text_type

    def _converted(self, value):
        if isinstance(value, bytes):
            try:
                value = value.decode('utf-8')
            except UnicodeDecodeError:
                raise self.refuse(value, 'takes unicode text, or bytes that are UTF-8')
        if not isinstance(value, six.text_type):
            value = self._typed(value)
        if codecs.has_surrogates(value):
            raise self.refuse(value, 'cannot hold lone surrogates')
        return value

    def _to_redis(self, value):
        return value if value.__class__ is six.text_type else codecs.plain_string(value)

    def _from_redis(self, value):
        return value.decode('utf-8') if isinstance(value, bytes) else value


class Json(Column):
    """A dict, list or tuple that JSON can tell. In-place changes are noticed.

    Example: ``settings = rom.Json(default={})``
    """

    _allowed = (dict, list, tuple)
    is_mutable = True
    is_read_as_written = False

    def __get__(self, obj, objtype=None):
        value = super(Json, self).__get__(obj, objtype)
        if obj is not None and value is not None:
            obj._rom_remember_read(self._attr)  # whoever has the value may change it
        return value

    def _converted(self, value):
        if isinstance(value, _text_kinds):
            try:
                value = json.loads(value.decode('utf-8') if isinstance(value, bytes) else value)
            except ValueError:
                raise self.refuse(value, 'takes a dict, list or tuple, or their JSON')
        value = self._typed(value)
        self._to_redis(value)
        return value

    def _to_redis(self, value):
        try:
            text = codecs.json_dumps(value)
        except (TypeError, ValueError, OverflowError, RuntimeError) as error:
            cause = error
        else:
            return text if isinstance(text, six.text_type) else text.decode('utf-8')
        self._rom_raise(self.refuse(value, 'holds what JSON cannot tell: %s' % self._rom_why(cause)), cause)

    def _rom_plain(self, entity):
        value = entity._rom.value(self._attr)
        return None if value is None else plain.plain_json(self.encode(value))

    def _from_redis(self, value):
        value = json.loads(value)
        if not isinstance(value, self._allowed):
            raise ValueError('a dict or list was expected')
        return value


class PrimaryKey(_Number):
    """The id of a row, from a counter in Redis; never assigned.

    :param bool index: index the ids too, so that unfiltered queries follow that index

    Example: ``number = rom.PrimaryKey()``
    """

    _allowed = six.integer_types
    is_stored = False

    def __init__(self, index=False):
        Column.__init__(self, required=False, default=NULL, unique=False, index=index)

    def __get__(self, obj, objtype=None):
        return self if obj is None else obj._rom_allocate_id()

    def __set__(self, obj, value):
        raise InvalidOperation('Cannot update primary key value: %s comes from a counter, and stays what it is' % self.where,
                               model=self._model, pk=obj._rom.id, columns=(self._attr,), value=value)

    def __delete__(self, obj):
        self.__set__(obj, None)

    def _init_(self, obj, model, attr, value, loading):
        if value is not None:
            raise InvalidColumnValue('Cannot pass primary key on object creation: %s comes from a counter' % self.where, model=self._model,
                                     columns=(attr,), value=value)

    @staticmethod
    def _convert(value):
        return Integer._convert(value)

    def decode(self, raw):
        return int(raw)
