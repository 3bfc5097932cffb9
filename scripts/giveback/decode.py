"""Turns parsed JSON into typed rows, checking every value on the way.

Invariant: a row that was built holds exactly the types its dataclass
declares. Fields that a row does not declare are ignored (formats grow);
a missing field is null where null is allowed and an error elsewhere.
"""

import dataclasses
import reprlib
import sys
import types
from array import array
from collections.abc import Callable
from functools import cache
from typing import Any, Literal, NewType, Union, get_args, get_origin
from typing import get_type_hints

SIGNED_MINIMUM, SIGNED_MAXIMUM = -(2**63), 2**63 - 1
UNSIGNED_MAXIMUM = 2**64 - 1

# An integer that may be negative, and one that may not be zero; plain `int`
# in a row may be zero but not less.
Signed = NewType("Signed", int)
Positive = NewType("Positive", int)

# For values of any size and depth, which repr cannot show: it recurses.
SHORT = reprlib.Repr()
SHORT.maxstring = SHORT.maxother = SHORT.maxlong = 80


class DecodeError(ValueError):
    """A value that does not have the declared type; says where and which."""


def decode(kind: Any, value: Any, place: str) -> Any:
    """Returns `value` as `kind`; `place` names it in a DecodeError."""
    return _decoder(kind)(kind, value, place)


@cache
def _decoder(kind: Any) -> Callable[[Any, Any, str], Any]:
    if dataclasses.is_dataclass(kind):
        return _row
    decoder = _DECODERS.get(get_origin(kind) or kind)
    if decoder is None:
        raise TypeError(f"rows cannot hold {kind}")
    return decoder


def _row(kind: Any, value: Any, place: str) -> Any:
    if not isinstance(value, dict):
        raise _mismatch(place, "an object", value)
    fields = {}
    for name, field_kind, takes_null, plain in _fields(kind):
        item = value.get(name)
        # Nearly all of a file: nothing to convert, no place to put in words.
        if item is None and takes_null \
                or type(item) is str and plain is str \
                or type(item) is int and plain is int \
                and 0 <= item <= UNSIGNED_MAXIMUM:
            fields[name] = item
            continue
        inner = f"{place}.{name}" if place else name
        if name not in value and not takes_null:
            raise DecodeError(f'field "{inner}" is missing')
        fields[name] = decode(field_kind, item, inner)
    return kind(**fields)


@cache
def _fields(kind: Any) -> tuple[tuple[str, Any, bool, type | None], ...]:
    """(name, kind, whether null may stand there, int or str where that is
    all that may stand there otherwise) of each field of a row."""
    return tuple((name, field_kind, _takes_null(field_kind),
                  _plain(field_kind))
                 for name, field_kind in get_type_hints(kind).items())


def _plain(kind: Any) -> type | None:
    choices = _choices(kind) or (kind,)
    return choices[0] if choices in ((int,), (str,)) else None


@cache
def _takes_null(kind: Any) -> bool:
    return type(None) in get_args(kind)


@cache
def _choices(kind: Any) -> tuple[Any, ...]:
    """What a union may be, besides null."""
    return tuple(choice for choice in get_args(kind)
                 if choice is not type(None))


def _union(kind: Any, value: Any, place: str) -> Any:
    choices = _choices(kind)
    if value is None and _takes_null(kind):
        return None
    if len(choices) == 1:
        return decode(choices[0], value, place)
    for choice in choices:
        try:
            return decode(choice, value, place)
        except DecodeError:
            continue
    names = " or ".join(choice.__name__ for choice in choices)
    raise _mismatch(place, names, value)


def _integer(kind: Any, value: Any, place: str) -> int:
    lowest = SIGNED_MINIMUM if kind is Signed else int(kind is Positive)
    highest = SIGNED_MAXIMUM if kind is Signed else UNSIGNED_MAXIMUM
    # bool is an int to Python, not to us.
    if type(value) is not int or not lowest <= value <= highest:
        raise _mismatch(place, f"an integer of {lowest}..{highest}", value)
    return value


def _number(_kind: Any, value: Any, place: str) -> float:
    # Compared, not converted: an integer may be too large for a float.
    if type(value) not in (int, float) \
            or not abs(value) <= sys.float_info.max:
        raise _mismatch(place, "a number", value)
    return float(value)


def _text(_kind: Any, value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise _mismatch(place, "a text", value)
    return value


def _boolean(_kind: Any, value: Any, place: str) -> bool:
    if not isinstance(value, bool):
        raise _mismatch(place, "true or false", value)
    return value


def _literal(kind: Any, value: Any, place: str) -> str:
    if not isinstance(value, str) or value not in get_args(kind):
        raise _mismatch(place, "one of " + ", ".join(get_args(kind)), value)
    return value


def _tuple(kind: Any, value: Any, place: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _mismatch(place, "a list", value)
    item_kind = get_args(kind)[0]
    return tuple(decode(item_kind, item, f"{place}[{index}]")
                 for index, item in enumerate(value))


def _dictionary(kind: Any, value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _mismatch(place, "an object", value)
    item_kind = get_args(kind)[1]
    return {key: decode(item_kind, item, f"{place}.{key}")
            for key, item in value.items()}


def _array(_kind: Any, value: Any, place: str) -> array:
    # Timelines have tens of thousands of points: packed, checked in one go.
    if not isinstance(value, list) or any(type(item) is not int
                                          for item in value):
        raise _mismatch(place, "a list of integers", value)
    try:
        return array("q", value)
    except OverflowError:
        raise DecodeError(f'field "{place}" has an integer beyond 64 bits')


def _mismatch(place: str, wanted: str, value: Any) -> DecodeError:
    shown = SHORT.repr(value)
    if len(shown) > 40:
        shown = shown[:37] + "..."
    return DecodeError(f'field "{place}" is {shown}, not {wanted}')


_DECODERS = {
    int: _integer,
    Signed: _integer,
    Positive: _integer,
    float: _number,
    str: _text,
    bool: _boolean,
    tuple: _tuple,
    dict: _dictionary,
    array: _array,
    Literal: _literal,
    types.UnionType: _union,
    Union: _union,
}
