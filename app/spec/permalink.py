"""A layer as the value of one query parameter, ``?spec=…``.

The grammar, version 1. Fields are separated by ``~``; the first one is the version. What is left
out has its default, each field stands at most once, and their order does not matter::

    1~i=3x3:1,2,3,4,5,6,7,8,9~k=2x2:1,2,3,4~d=2x2:2,-1,0.5,3~o=correlation~a=relu~s=2,1

    i  input         array                     o  operation   word
    k  kernel        array                     a  activation  word
    d  output_delta  array                     s  stride      rows, or rows,columns
    b  bias          number, or an array       l  dilation    rows, or rows,columns
    g  groups        number                    p  padding     word, all, rows,columns or
                                                              top,bottom,left,right

    array    sizes joined by x, ":", its numbers in C order joined by commas
    number   shortest decimal that gives the same float64, whole ones without ".0"; 0*12 is
             twelve zeros in a row
    picture  in place of the numbers, "!" and base64url of bytes: each number is byte/255.
             Written for maps of more than 64 numbers that are all exactly so, as pixels are.

Only characters that need no escaping in a query are written: letters, digits and
``- . _ ~ , : ! * =``.
``decode(encode(spec)) == spec`` for every spec that is short enough.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any
from urllib.parse import parse_qs, unquote

import numpy as np

from app.engine.activations import Floats
from app.spec.errors import LimitError, PermalinkError
from app.spec.layer import LayerSpec, short_padding
from app.spec.limits import DEFAULT_LIMITS, Limits

VERSION = "1"
_PICTURE_CELLS = 64  # a map with more numbers than this may be written as a picture
_RUN = 4  # equal numbers in a row from which on they are counted

_SIZES = re.compile(r"[0-9]{1,6}(?:x[0-9]{1,6}){0,3}")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:e-?[0-9]{1,4})?")
_RUN_NUMBER = re.compile(rf"({_NUMBER.pattern})(?:\*([0-9]{{1,7}}))?")
_WHOLE = re.compile(r"[0-9]{1,9}")


def encode(spec: LayerSpec) -> str:
    """The permalink of a spec; canonical, so equal specs have one permalink.

    >>> encode(LayerSpec(input=[[0.5, -1]], kernel=[[2]], stride=2, padding="same"))
    '1~i=1x2:0.5,-1~k=1x1:2~s=2~p=same'
    """
    fields = [VERSION, f"i={_array(spec.input)}", f"k={_array(spec.kernel)}"]
    if spec.output_delta is not None:
        fields.append(f"d={_array(spec.output_delta)}")
    if spec.has_bias:
        fields.append(f"b={_array(spec.bias) if spec.bias.ndim else _number(float(spec.bias))}")
    if spec.operation != "convolution":
        fields.append(f"o={spec.operation}")
    if spec.activation != "identity":
        fields.append(f"a={spec.activation}")
    for key, (rows, columns) in (("s", spec.stride), ("l", spec.dilation)):
        if (rows, columns) != (1, 1):
            fields.append(f"{key}={rows}" if rows == columns else f"{key}={rows},{columns}")
    if spec.padding != ((0, 0), (0, 0)):
        fields.append(f"p={_flat(short_padding(spec.padding))}")
    if spec.groups != 1:
        fields.append(f"g={spec.groups}")
    return "~".join(fields)


def within(link: str) -> str:
    """The permalink in a link to the lab, or in whatever somebody copied; "" where there is none.

    >>> within("http://here/lab?lang=en&spec=1~i%3D1x1:1~k=1x1:2&step=3#top")
    '1~i=1x1:1~k=1x1:2'
    >>> within(" 1~i=1x1:1~k=1x1:2 "), within("/lab?lang=en")
    ('1~i=1x1:1~k=1x1:2', '')
    """
    text = link.strip()
    before, mark, query = text.partition("?")
    if not mark and not before.startswith("spec="):
        return unquote(text)
    try:
        found = parse_qs((query if mark else text).partition("#")[0], max_num_fields=100)
    except ValueError:
        raise PermalinkError(("spec",), "has too many parameters") from None
    return found.get("spec", [""])[0]


def decode(text: str, limits: Limits = DEFAULT_LIMITS) -> LayerSpec:
    """The spec of a permalink.

    Raises:
        PermalinkError: it does not follow the grammar.
        SpecError: it does, but a field's value is not one.
        LimitError: longer, or with larger arrays, than the limits.
    """
    if len(text) > limits.permalink_chars:
        raise LimitError(
            ("spec",),
            "has {got:,} characters; {most:,} is the limit, so send the layer as JSON",
            got=len(text),
            most=limits.permalink_chars,
        )
    version, *fields = text.split("~")
    if version != VERSION:
        raise PermalinkError(("spec",), "does not start with a known version; start with 1~")
    values: dict[str, object] = {}
    for field in fields:
        key, _, value = field.partition("=")
        if key not in _READERS:
            known = ", ".join(_READERS)
            raise PermalinkError(("spec",), "has an unknown field; known are {known}", known=known)
        name, read = _READERS[key]
        if name in values:
            raise PermalinkError((name,), "stands in the permalink twice")
        values[name] = read(name, value, limits)
    return LayerSpec.parse(values, limits)


def _array(array: Floats) -> str:
    sizes = "x".join(str(size) for size in array.shape)
    numbers = array.ravel()
    if numbers.size > _PICTURE_CELLS and _is_picture(numbers):
        pixels = np.rint(numbers * 255).astype(np.uint8).tobytes()
        return f"{sizes}:!{base64.urlsafe_b64encode(pixels).decode().rstrip('=')}"
    return f"{sizes}:{','.join(_runs(numbers.tolist()))}"


def _is_picture(numbers: Floats) -> bool:
    if numbers.min() < 0 or numbers.max() > 1 or np.signbit(numbers).any():
        return False
    return bool((np.rint(numbers * 255) / 255 == numbers).all())


def _runs(numbers: list[float]) -> Iterator[str]:
    # by text and not by value: 0 and −0 are equal, but not the same number
    for written, run in groupby(map(_number, numbers)):
        count = sum(1 for _ in run)
        if count < _RUN:
            yield from [written] * count
        else:
            yield f"{written}*{count}"


def _number(value: float) -> str:
    return repr(value).removesuffix(".0").replace("e+", "e")


def _flat(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(_flat(item) for item in value)
    return str(value)


def _read_array(name: str, text: str, limits: Limits) -> object:
    sizes, colon, numbers = text.partition(":")
    if not colon or not _SIZES.fullmatch(sizes):
        raise PermalinkError((name,), "does not start with sizes such as 3x3:")
    shape = tuple(int(size) for size in sizes.split("x"))
    count = math.prod(shape)
    if count > limits.cells:
        raise LimitError(
            (name,), "has {got:,} numbers; {most:,} is the limit", got=count, most=limits.cells
        )
    if count == 0:
        raise PermalinkError((name,), "is empty; give at least one number")
    values = (
        _pixels(name, numbers[1:]) if numbers.startswith("!") else _numbers(name, numbers, count)
    )
    if values.size != count:
        raise PermalinkError(
            (name,), "has {got} numbers, but its sizes say {want}", got=values.size, want=count
        )
    return values.reshape(shape)


def _pixels(name: str, text: str) -> Floats:
    try:
        pixels = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):  # ValueError: not ASCII
        raise PermalinkError((name,), "is not base64url after its exclamation mark") from None
    return np.frombuffer(pixels, dtype=np.uint8) / 255


def _numbers(name: str, text: str, most: int) -> Floats:
    """At most ``most`` numbers and one run more are ever made, whatever the runs' counts say."""
    values: list[float] = []
    for written in text.split(","):
        found = _RUN_NUMBER.fullmatch(written)
        if found is None:
            raise PermalinkError(
                (name,),
                "has something that is not a number as its number {position}",
                position=len(values) + 1,
            )
        values += [float(found[1])] * min(int(found[2] or 1), most + 1)
        if len(values) > most:
            break
    return np.array(values, dtype=np.float64)


def _read_bias(name: str, text: str, limits: Limits) -> object:
    if ":" in text:
        return _read_array(name, text, limits)
    values = _numbers(name, text, 1)
    if values.size != 1:
        raise PermalinkError((name,), "is neither one number nor sizes and numbers")
    return float(values[0])


def _read_word(_: str, text: str, __: Limits) -> object:
    return text


def _read_wholes(name: str, text: str, _: Limits) -> object:
    parts = text.split(",", maxsplit=4)
    if not all(_WHOLE.fullmatch(part) for part in parts):
        raise PermalinkError((name,), "is not whole numbers joined by commas")
    numbers = [int(part) for part in parts]
    return numbers[0] if len(numbers) == 1 else numbers


def _read_padding(name: str, text: str, limits: Limits) -> object:
    if text.isascii() and text.isalpha():
        return text
    numbers = _read_wholes(name, text, limits)
    if isinstance(numbers, list) and len(numbers) == 4:
        return [numbers[:2], numbers[2:]]
    return numbers


_Reader = Callable[[str, str, Limits], object]
_READERS: dict[str, tuple[str, _Reader]] = {
    "i": ("input", _read_array),
    "k": ("kernel", _read_array),
    "d": ("output_delta", _read_array),
    "b": ("bias", _read_bias),
    "o": ("operation", _read_word),
    "a": ("activation", _read_word),
    "s": ("stride", _read_wholes),
    "l": ("dilation", _read_wholes),
    "p": ("padding", _read_padding),
    "g": ("groups", _read_wholes),
}
