"""What a reader does to a layer: every edit is a spec and a change, giving another spec.

Sizes follow: after a change of geometry the deltas keep what still has a place, and new places
get small uneven numbers, so that nothing new is symmetric by accident.
"""

from __future__ import annotations

import ast
import operator
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from app.engine import Layer
from app.engine.activations import Floats
from app.engine.errors import times
from app.spec import pasted
from app.spec.errors import SpecError
from app.spec.layer import LayerSpec
from app.spec.limits import DEFAULT_LIMITS, Limits
from app.spec.presets import PRESETS

ARRAYS = ("input", "kernel", "output_delta")
SETTINGS = ("operation", "activation", "stride", "dilation", "padding")
MOST_ROWS = {"input": 16, "kernel": 7}  # how far the size buttons go; presets may be larger
MOST_PASTED = {"input": 64, "kernel": 15}  # rows or columns that a map grows to for what is pasted
_FILL = (1.0, -1.0, 2.0, 0.5, -2.0, 3.0, -0.5)


def apply(spec: LayerSpec, change: Mapping[str, Any], limits: Limits = DEFAULT_LIMITS) -> LayerSpec:
    """The spec after a change. ``change["kind"]`` is one of :data:`KINDS`.

    Raises:
        SpecError, EngineError: what is wrong with the entry; nothing has happened then.
    """
    kind = change.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        known = ", ".join(KINDS)
        raise SpecError(("change", "kind"), "must be one of {known}", known=known)
    return KINDS[kind](spec, change, limits)


def number(text: object) -> float:
    """A number as people type it: ``-2``, ``−2``, ``.5``, ``1/3``, full-width digits.

    >>> number("−2"), number(" 1/4 "), number("３")
    (-2.0, 0.25, 3.0)
    """
    if not isinstance(text, str) or len(text) > 64:
        raise SpecError(("change", "text"), "must be a number of at most 64 characters")
    odd = any(unicodedata.category(letter) == "No" for letter in text)
    if odd and len(text.strip()) > 1:  # ½ is a number, 1½ and 3² would be read as others
        raise SpecError(("change", "text"), "is not a number; write it like -2, 0.5 or 1/3")
    plain = unicodedata.normalize("NFKC", text).replace("\N{MINUS SIGN}", "-")
    plain = plain.replace("\N{FRACTION SLASH}", "/").strip()
    match = re.fullmatch(r"([+-]?[\d.]+(?:[eE][+-]?\d{1,4})?)(?:/([\d.]+))?", plain, re.ASCII)
    try:
        value = float(match[1]) / float(match[2] or 1) if match else float("nan")
    except ZeroDivisionError:
        raise SpecError(("change", "text"), "divides by 0; write a number like 1/3") from None
    except ValueError:
        value = float("nan")
    if np.isinf(value):
        raise SpecError(("change", "text"), "is too large; numbers end at about 1.8e308")
    if np.isnan(value):
        raise SpecError(("change", "text"), "is not a number; write it like -2, 0.5 or 1/3")
    return value


_SIGNS = str.maketrans({"·": "*", "×": "*", "⋅": "*", "÷": "/", "\N{MINUS SIGN}": "-"})
_OPERATIONS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip


def reckoned(text: object) -> float:
    """A number, or a sum of products written out, as people check themselves on paper.

    >>> reckoned("2·4 + (−1)·3"), reckoned("1/4")
    (5.0, 0.25)
    """
    if not isinstance(text, str) or len(text) > 200:
        raise SpecError(("change", "text"), "must be a number of at most 64 characters")
    plain = unicodedata.normalize("NFKC", text.translate(_SIGNS)).translate(_SIGNS).strip()
    try:
        value = _value(ast.parse(plain, mode="eval").body)
    except (SyntaxError, ValueError, ArithmeticError, RecursionError, MemoryError):
        value = float("nan")
    if not np.isfinite(value):
        return number(text)  # which says how numbers are written
    return value


def _value(node: ast.expr) -> float:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value(inner)
        case ast.UnaryOp(op=ast.UAdd(), operand=inner):
            return _value(inner)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATIONS:
            return _OPERATIONS[type(op)](_value(left), _value(right))
    raise ValueError


def _field(change: Mapping[str, Any]) -> str:
    field = change.get("field")
    if field not in ARRAYS:
        raise SpecError(("change", "field"), "must be input, kernel or output_delta")
    return str(field)


def _array(spec: LayerSpec, field: str, limits: Limits) -> Floats:
    array: Floats | None = getattr(spec, field)
    if array is None:  # deltas left to be all ones
        layer = spec.layer(limits)
        array = layer.ranked(layer.output_delta)
    return array.copy()


def _with(spec: LayerSpec, limits: Limits, **fields: Any) -> LayerSpec:
    """Another spec, checked as if it had been sent, its deltas made to fit."""
    body = {**spec.request(), **fields}
    wanted = LayerSpec.parse({k: v for k, v in body.items() if k != "output_delta"}, limits)
    layer = wanted.layer(limits)
    delta = body.get("output_delta")
    if delta is not None:
        shape = layer.output_shape[4 - layer.rank :]
        body["output_delta"] = refit(np.asarray(delta, dtype=np.float64), shape).tolist()
    changed = LayerSpec.parse(body, limits)
    changed.layer(limits)
    return changed


def refit(array: Floats, shape: tuple[int, ...]) -> Floats:
    """What still has a place stays; new places get small uneven numbers."""
    fitted = np.resize(np.array(_FILL), int(np.prod(shape))).reshape(shape)
    common = tuple(slice(0, min(a, b)) for a, b in zip(array.shape, shape, strict=True))
    fitted[common] = array[common]
    return fitted


def _index(change: Mapping[str, Any], array: Floats) -> int:
    cell = change.get("cell")
    if not isinstance(cell, int) or isinstance(cell, bool) or not 0 <= cell < array.size:
        raise SpecError(("change", "cell"), "must be below {count}", count=array.size)
    return cell


def _cell(spec: LayerSpec, change: Mapping[str, Any], limits: Limits) -> LayerSpec:
    field = _field(change)
    array = _array(spec, field, limits)
    cell = _index(change, array)
    array.flat[cell] = number(change.get("text"))
    return _with(spec, limits, **{field: array.tolist()})


def _numbers(change: Mapping[str, Any], axes: int, limits: Limits) -> Floats:
    """What was pasted or typed: rows of a spreadsheet, a list, or what a program prints."""
    text, path = change.get("text"), ("change", "text")
    if not isinstance(text, str):
        raise SpecError(path, "must be text")
    try:
        array = pasted.with_axes(pasted.read(text, limits).array, axes)
    except SpecError as error:
        raise type(error)(path, error.template, **error.facts) from None
    if array.ndim > axes:
        raise SpecError(
            path, "is nested {got} deep; paste one map of rows and columns", got=array.ndim
        )
    return array


def _paste(spec: LayerSpec, change: Mapping[str, Any], limits: Limits) -> LayerSpec:
    """A block of numbers from the chosen cell on. A map or a kernel grows to take all of it."""
    field = _field(change)
    array = _array(spec, field, limits)
    block = np.atleast_2d(_numbers(change, 2, limits))
    *tile, top, left = map(int, np.unravel_index(_index(change, array), array.shape))
    sizes = zip(array.shape[-2:], (top, left), block.shape, strict=True)
    needed = tuple(max(now, first + more) for now, first, more in sizes)
    most = MOST_PASTED.get(field, 0)
    if needed != array.shape[-2:] and max(needed) > most:
        raise SpecError(
            ("change", "text"),
            "is {got} numbers, and from this cell on there is room for {room}",
            got=times(*block.shape),
            room=times(*(max(n, most) - at for n, at in
                         zip(array.shape[-2:], (top, left), strict=True))),
        )  # fmt: skip
    array = refit(array, (*array.shape[:-2], *needed))
    plane = array[tuple(tile)]
    plane[top : top + len(block), left : left + block.shape[1]] = block
    return _with(spec, limits, **{field: array.tolist()})


def _set(spec: LayerSpec, change: Mapping[str, Any], limits: Limits) -> LayerSpec:
    field = change.get("field")
    if field not in SETTINGS:
        known = ", ".join(SETTINGS)
        raise SpecError(("change", "field"), "must be one of {known}", known=known)
    return _with(spec, limits, **{str(field): change.get("value")})


def _bias(spec: LayerSpec, change: Mapping[str, Any], limits: Limits) -> LayerSpec:
    """One number, or one for each output channel."""
    text = change.get("text")
    if isinstance(text, str) and not re.search(r"[\s,;\[(]", text.strip()):
        numbers = [number(text)]
    else:
        numbers = _numbers(change, 1, limits).ravel().tolist()
    return _with(spec, limits, bias=numbers[0] if len(numbers) == 1 else numbers)


def _size(spec: LayerSpec, change: Mapping[str, Any], limits: Limits) -> LayerSpec:
    field = _field(change)
    sizes = (change.get("rows"), change.get("columns"))
    array = _array(spec, field, limits)
    for name, n, now in zip(("rows", "columns"), sizes, array.shape[-2:], strict=True):
        most = max(MOST_ROWS.get(field, 0), now)  # a picture may shrink step by step
        if not isinstance(n, int) or isinstance(n, bool) or not 1 <= n <= most:
            raise SpecError(("change", name), "must be 1 to {most}", most=most)
    fitted = refit(array, (*array.shape[:-2], *map(int, sizes)))  # type: ignore[arg-type]
    return _with(spec, limits, **{field: fitted.tolist()})


def _step(spec: LayerSpec, change: Mapping[str, Any], limits: Limits) -> LayerSpec:
    """A setting one up or down: ``stride``, ``input.rows``, ``kernel.columns``, …"""
    name, by = change.get("name"), change.get("by")
    if by not in (1, -1) or not isinstance(name, str):
        raise SpecError(("change", "by"), "must be 1 or -1")
    field, _, side = name.partition(".")
    if side:
        array = _array(spec, _field({"field": field}), limits)
        sizes = dict(zip(("rows", "columns"), array.shape[-2:], strict=True))
        sizes[side] = sizes.get(side, 0) + by
        return _size(spec, {"field": field, **sizes}, limits)
    layer = spec.layer(limits)
    if field == "padding":
        value: object = max(zeros for pair in layer.padding for zeros in pair) + by
    elif field in ("stride", "dilation"):  # each axis on its own, none below 1
        value = [max(1, n + by) for n in getattr(layer, field)]
    else:
        value = None
    return _set(spec, {"field": field, "value": value}, limits)


def _nudge(spec: LayerSpec, change: Mapping[str, Any], limits: Limits) -> LayerSpec:
    """A cell's number a little up or down."""
    field, by = _field(change), change.get("by")
    array = _array(spec, field, limits)
    cell = _index(change, array)
    if by not in (1, -1):
        raise SpecError(("change", "by"), "must be 1 or -1")
    array.flat[cell] += by
    return _with(spec, limits, **{field: array.tolist()})


def _preset(_spec: LayerSpec, change: Mapping[str, Any], _limits: Limits) -> LayerSpec:
    name = change.get("name")
    if not isinstance(name, str) or name not in PRESETS:
        known = ", ".join(PRESETS)
        raise SpecError(("change", "name"), "must be one of {known}", known=known)
    return PRESETS[name].spec


def _random(spec: LayerSpec, change: Mapping[str, Any], limits: Limits) -> LayerSpec:
    """Small whole numbers from a seed, none of them 0: the same seed, the same numbers."""
    seed = change.get("seed")
    if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed < 2**32:
        raise SpecError(("change", "seed"), "must be a whole number below 2^32")
    rng = np.random.default_rng(seed)
    whole = {}
    for field in ARRAYS:
        shape = _array(spec, field, limits).shape
        whole[field] = (rng.integers(1, 6, shape) * rng.choice([-1, 1], shape)).tolist()
    return _with(spec, limits, **whole)


KINDS: dict[str, Callable[[LayerSpec, Mapping[str, Any], Limits], LayerSpec]] = {
    "cell": _cell,
    "paste": _paste,
    "set": _set,
    "bias": _bias,
    "size": _size,
    "step": _step,
    "nudge": _nudge,
    "preset": _preset,
    "random": _random,
}


def with_picture(spec: LayerSpec, picture: Floats, limits: Limits = DEFAULT_LIMITS) -> LayerSpec:
    """The layer over a picture, (H, W) of 0…1; its middle, as large as the output, is δ^{l+1}.

    Any deltas would do. A picture's own are seen to move when a stencil is turned the wrong way.
    """
    kernel = spec.kernel if spec.kernel.ndim == 2 else spec.kernel[0, 0]
    body = {
        **spec.request(),
        "input": picture.tolist(),
        "kernel": kernel.tolist(),
        "bias": 0,
        "groups": 1,
    }
    body.pop("output_delta", None)
    plain = LayerSpec.parse(body, limits)
    layer: Layer = plain.layer(limits)
    rows, columns = layer.output_shape[2:]
    top, left = (max(0, (n - m) // 2) for n, m in zip(picture.shape, (rows, columns), strict=True))
    middle = picture[top : top + rows, left : left + columns]
    grown = np.zeros((rows, columns))
    grown[: middle.shape[0], : middle.shape[1]] = middle
    return LayerSpec.parse({**body, "output_delta": grown.tolist()}, limits)


__all__ = ["ARRAYS", "KINDS", "MOST_ROWS", "SETTINGS", "apply", "number", "with_picture"]
