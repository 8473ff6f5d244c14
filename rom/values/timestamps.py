"""Pure functions between datetimes, dates and times and the timestamps that are stored for them.

A *timestamp* is a number of seconds: of a date since 1970-01-01, with no time zone; of a time since midnight.
"""
import datetime
import decimal
import re

import six

from .texts import _shown

__all__ = [
    '_epoch', '_epochd', 'dt2ts', 'ts2dt', 't2ts', 'ts2t', 'is_moment', 'naive_utc',
    'encode_datetime', 'decode_datetime', 'encode_date', 'decode_date', 'encode_time', 'decode_time',
]

_epoch = datetime.datetime(1970, 1, 1)
_epochd = datetime.date(1970, 1, 1)
_MICROS = 10 ** 6
#: of fewer seconds a float tells the microseconds apart, so that its repr stands for the right one: years 1834 to 2106
_TOLD_EXACTLY = 2 ** 32


_PLAIN = (datetime.datetime, datetime.date, datetime.time)
_DATE_PARTS, _TIME_PARTS = ('year', 'month', 'day'), ('hour', 'minute', 'second', 'microsecond')


def is_moment(value):
    """Whether an instance of datetime, date or time really is one: `pandas.NaT` is an instance too, without year or day.

    :param value: datetime.datetime, date or time, or one of a subclass
    :returns: bool

    Example::

        is_moment(datetime.date(2020, 1, 2))    # True
    """
    if type(value) in _PLAIN:
        return True
    names = (() if isinstance(value, datetime.time) else _DATE_PARTS) + (
        _TIME_PARTS if isinstance(value, (datetime.datetime, datetime.time)) else ())
    try:
        return all(isinstance(getattr(value, name), six.integer_types) for name in names)
    except Exception:  # such an object may raise anything
        return False


def naive_utc(value):
    """Return a datetime without time zone: an aware one converted to UTC, a naive one as it is.

    :param value: datetime.datetime
    :returns: naive datetime.datetime
    :raises ValueError: if the moment in UTC is outside the years 1 to 9999.

    Example::

        naive_utc(datetime(2020, 1, 2, 12, tzinfo=two_hours_east))      # datetime(2020, 1, 2, 10, 0)
    """
    if value.tzinfo is None:
        return value
    offset = value.utcoffset()
    naive = value.replace(tzinfo=None)
    try:
        return naive - offset if offset else naive
    except OverflowError:
        raise ValueError('%r is outside the years 1 to 9999 in UTC' % (value,))


def _since_epoch(value):
    """Return the timedelta from 1970-01-01 to a datetime or date."""
    if isinstance(value, datetime.datetime):
        return naive_utc(value) - _epoch
    return value - _epochd


def dt2ts(value):
    """Return the timestamp of a datetime or date, as exactly as a float can hold it.

    :param value: datetime.datetime (an aware one counts in UTC) or datetime.date
    :returns: float, seconds since 1970-01-01
    :raises TypeError: for anything else.

    Example::

        dt2ts(datetime.date(2020, 1, 2))        # 1577923200.0
    """
    delta = _since_epoch(value)
    return delta.days * 86400 + delta.seconds + delta.microseconds / 1e6


def t2ts(value):
    """Return the timestamp of a time.

    :param value: datetime.time
    :returns: float, seconds since midnight

    Example::

        t2ts(datetime.time(1, 0, 0, 500000))    # 3600.5
    """
    return value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6


def ts2dt(value):
    """Return the datetime of a timestamp, to the nearest microsecond.

    :param value: float, int, Decimal, or the text of one: seconds since 1970-01-01
    :returns: naive datetime.datetime
    :raises ValueError: if it is not a number, or outside the years 1 to 9999.

    Example::

        ts2dt(1577934245.678901)        # datetime(2020, 1, 2, 3, 4, 5, 678901)
    """
    return _datetime_at(_microseconds(value), value)


def ts2t(value):
    """Return the time of a timestamp, to the nearest microsecond.

    :param value: float, int, Decimal, or the text of one: seconds since midnight
    :returns: datetime.time
    :raises ValueError: if it is not a number, or not within a day.

    Example::

        ts2t(3600.5)        # time(1, 0, 0, 500000)
    """
    micros = _microseconds(value)
    if not 0 <= micros < 86400 * _MICROS:
        raise ValueError('%r is not within a day: a time is 0 to 86399.999999 seconds since midnight' % (value,))
    seconds, micros = divmod(micros, _MICROS)
    minutes, seconds = divmod(seconds, 60)
    return datetime.time(minutes // 60, minutes % 60, seconds, micros)


def encode_datetime(value):
    """Return the stored text of a datetime: exact to the microsecond, for every year.

    It is the `repr` of the timestamp where that stands for the same microsecond, and else a longer decimal, which
    ``float`` reads as well.

    :param value: datetime.datetime (an aware one is stored in UTC) or datetime.date
    :returns: text

    Example::

        encode_datetime(datetime.datetime(2020, 1, 2, 3, 4, 5, 678901))     # '1577934245.678901'
    """
    delta = _since_epoch(value)
    seconds = delta.days * 86400 + delta.seconds
    text = repr(seconds + delta.microseconds / 1e6)
    if -_TOLD_EXACTLY < seconds < _TOLD_EXACTLY:
        return text
    return _exact_text(text, seconds * _MICROS + delta.microseconds)


def decode_datetime(text):
    """Return the datetime of a stored text or timestamp, as :func:`ts2dt` does."""
    return ts2dt(text)


def encode_date(value):
    """Return the stored text of a date, or of the date part of a naive datetime, as :func:`encode_datetime` does."""
    return repr(dt2ts(datetime.date(value.year, value.month, value.day)))


def decode_date(text):
    """Return the date of a stored text or timestamp; argument and errors are those of :func:`ts2dt`."""
    return ts2dt(text).date()


def encode_time(value):
    """Return the stored text of a time, exact to the microsecond, as :func:`encode_datetime` does."""
    seconds = value.hour * 3600 + value.minute * 60 + value.second
    return _exact_text(repr(t2ts(value)), seconds * _MICROS + value.microsecond)


def decode_time(text):
    """Return the time of a stored text or timestamp, as :func:`ts2t` does."""
    return ts2t(text)


def _exact_text(text, micros):
    """Return `text` if it stands for `micros` microseconds, else a decimal number of seconds that does."""
    if _microseconds(text) == micros:
        return text
    seconds, fraction = divmod(abs(micros), _MICROS)
    return '%s%d.%06d' % ('-' if micros < 0 else '', seconds, fraction)


# the usual form of a stored timestamp, which needs no Decimal
_PLAIN_SECONDS = re.compile(r'(-?)([0-9]{1,15})(?:\.([0-9]{1,6}))?\Z')
# a context of our own: the program may have changed the precision of the thread's
_CONTEXT = decimal.Context(prec=60, traps=[decimal.InvalidOperation, decimal.Overflow])


def _microseconds(seconds):
    """Return a timestamp (number or text) as the nearest whole number of microseconds."""
    text = seconds
    if isinstance(text, bytes):
        text = text.decode('latin-1')
    elif not isinstance(text, six.text_type):
        text = repr(text) if isinstance(text, float) else str(text)
    plain = _PLAIN_SECONDS.match(text)
    if plain:
        sign, whole, fraction = plain.groups()
        micros = int(whole + (fraction or '').ljust(6, '0'))
        return -micros if sign else micros
    try:
        micros = _CONTEXT.multiply(_CONTEXT.create_decimal(text), decimal.Decimal(_MICROS))
        if micros.adjusted() < 30:
            return int(micros.to_integral_value(decimal.ROUND_HALF_EVEN))
    except (decimal.DecimalException, ValueError, OverflowError):
        pass
    raise ValueError('%s is not a number of seconds' % _shown(seconds))


def _datetime_at(micros, shown):
    try:
        return _epoch + datetime.timedelta(microseconds=micros)
    except OverflowError:
        # kept from 1.1.2: it stored the last microseconds of the year 9999 as the next float, the year 10000
        if micros == 253402300800 * _MICROS:
            return datetime.datetime.max
        raise ValueError('%s seconds since 1970 is outside the years 1 to 9999' % _shown(shown))
