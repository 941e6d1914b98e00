"""Numbers as notebooks, spreadsheets and files write them, read to arrays.

Understood are what NumPy, PyTorch and JAX print (``array([[1., 2.]])``, ``tensor([[…]],
device='cuda:0', grad_fn=<…>)``, ``[[1. 2.]]``), nested Python lists, JSON, and rows of numbers. The
text is taken apart token by token and never evaluated. Every error is a :class:`SpecError`
(:class:`LimitError` where there is too much) whose path starts inside the text's own array.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from app.engine.activations import Floats
from app.spec import npy
from app.spec.arrays import not_a_number, parse_array
from app.spec.errors import LimitError, SpecError
from app.spec.limits import DEFAULT_LIMITS, Limits

AXES = (0, 1, 2, 3, 4)
_DEEPEST = 16  # brackets and calls inside each other; arrays have four axes
_HEADS = 3  # "Out[1]:", "w =" and "Parameter containing:" may come together
_PRINTED = 3  # decimals from which on numbers look rounded, not short

# possessive quantifiers throughout: what does not match is given up at once
_DECIMAL = r"[+-]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d{1,4}+)?"
_NUMBER = rf"({_DECIMAL})(?:/(\d++(?:\.\d++)?))?"
_WORD = re.compile(_NUMBER, re.ASCII)
_FACT = r"""(?:'[^']*+'|"[^"]*+"|<[^<>]*+>|\([^()]*+\)|[A-Za-z_][\w.:]*+|\d++)"""
_TOKEN = re.compile(
    rf"""\s*+(?:
      (?P<number>{_NUMBER})(?=[\s,\])]|$)
    | (?P<comma>,)
    | (?P<open>[\[(])
    | (?P<close>[\])])
    | (?P<fact>[A-Za-z_]\w*+\s*+=\s*+{_FACT})
    | (?P<call>[A-Za-z_][\w.]*+\s*+\()
    | (?P<word>[+-]?[A-Za-z_][\w.]*+)
    )""",
    re.ASCII | re.VERBOSE,
)
_PLACES = re.compile(r"(?<![\w.])[+-]?\d*\.(\d+)(?:[eE]([+-]?\d{1,3}))?", re.ASCII)
_BEFORE = re.compile(
    r"\s*(?:Out\[\d+\]:|[A-Za-z_][\w.]*\s*=(?!=)|Parameter containing:)\s*", re.ASCII
)
_WORDS: dict[str, object] = {
    "none": None, "null": None, "true": True, "false": False,
}  # fmt: skip
_INFINITE = re.compile(r"[+-]?(?:nan|inf|infinity|(?:np|math|torch)\.(?:nan|inf))", re.I)
# full-width forms, as Chinese keyboards type them, and a typesetter's signs
_PLAIN = {
    **{code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)},
    **dict.fromkeys(map(ord, "\N{MINUS SIGN}\N{EN DASH}"), "-"),
    **dict.fromkeys(map(ord, "\N{NO-BREAK SPACE}\N{IDEOGRAPHIC SPACE}"), " "),
    ord("\N{HORIZONTAL ELLIPSIS}"): "...",
    0xFEFF: None,
}  # fmt: skip


@dataclass(frozen=True)
class Pasted:
    """What was read.

    ``array`` is read-only float64, of 0 to 4 axes. ``rounding`` is half a unit of the last decimal
    that was printed, 0 for numbers that do not look rounded. ``torch`` tells a PyTorch print.
    """

    array: Floats
    rounding: float = 0.0
    torch: bool = False


def read(text: str, limits: Limits = DEFAULT_LIMITS) -> Pasted:
    """An array from its printed form.

    Rows of numbers (lines; tabs, semicolons, commas or blanks between) are an array of two axes.

    Raises:
        SpecError: not numbers, ragged, empty, cut short by "...", more than 4 axes.
        LimitError: more than ``limits.cells`` numbers or ``limits.body_bytes`` characters.

    >>> read("tensor([[1.0000, 0.3333]], grad_fn=<MulBackward0>)").array.tolist()
    [[1.0, 0.3333]]
    >>> read("1\\t2\\n3\\t4").array.tolist()
    [[1.0, 2.0], [3.0, 4.0]]
    """
    if len(text) > limits.body_bytes:
        raise LimitError(
            (), "has {got:,} characters; {most:,} is the limit",
            got=len(text), most=limits.body_bytes,
        )  # fmt: skip
    plain = text.translate(_PLAIN)
    plain = "\n".join(line for line in plain.splitlines() if not line.lstrip().startswith(">>>"))
    for _ in range(_HEADS):
        before = _BEFORE.match(plain)
        plain = plain[before.end() :] if before else plain
    plain = plain.strip().rstrip(";").rstrip()
    if not plain:
        raise SpecError((), "is empty; paste some numbers first")
    if "..." in plain:
        raise SpecError(
            (),
            'has "..." where numbers were left out. Print all of it, after '
            "np.set_printoptions(threshold=np.inf) or torch.set_printoptions(profile='full'), or "
            "save it with np.save and drop the file",
        )
    grouped = re.search(r"[\[\](){}]", plain)
    value = _nested(plain, limits) if grouped else _rows(plain, limits)
    return Pasted(parse_array(value, AXES, limits), _rounding(plain), "tensor(" in plain)


def read_file(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Pasted:
    """An array from a file: ``.npy`` by its first bytes, else text as :func:`read` takes it.

    Raises:
        SpecError: as :func:`read` and :func:`app.spec.npy.read`; neither text nor ``.npy``.
        LimitError: too large.
    """
    if len(data) > limits.body_bytes:
        raise LimitError(
            (), "has {got:,} bytes; {most:,} is the limit", got=len(data), most=limits.body_bytes
        )
    if data.startswith(npy.MAGIC):
        return Pasted(npy.read(data, limits))
    if data.startswith(b"PK"):
        raise SpecError(
            (), "is an archive (.npz or .pt); save the one array that you mean with np.save"
        )
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))  # as spreadsheets save "Unicode text"
    try:
        text = data.decode("utf-16" if wide else "utf-8")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise SpecError((), "is neither text nor a .npy file; save the array with np.save")
    return read(text, limits)


def with_axes(array: Floats, axes: int) -> Floats:
    """The array with as many axes, where leading ones of length 1 are all that is over or missing.

    PyTorch has no layer without batch and channels, so its gradient of a 2×2 kernel is 1×1×2×2.
    For a list (``axes`` 1) a column will do.

    >>> with_axes(read("[[[[1, 2]]]]").array, 2).shape, with_axes(read("7").array, 0).shape
    ((1, 2), ())
    """
    shape = array.shape
    if axes == 1 and array.ndim == 2 and shape[1] == 1:
        return array.reshape(shape[:1])
    over = array.ndim - axes
    if over > 0 and set(shape[:over]) == {1}:
        return array.reshape(shape[over:])
    if over < 0 and array.ndim >= 2:
        return array.reshape((1,) * -over + shape)
    return array


def laid_out(array: Floats) -> str:
    """The array as JSON, a row a line; :func:`read` gives the same numbers again.

    >>> print(laid_out(read("[[1, 2.5], [3, -4]]").array))
    [[1, 2.5],
     [3, -4]]
    """
    return _laid_out(array.tolist(), 0)


def _laid_out(value: object, depth: int) -> str:
    if not isinstance(value, list):
        return repr(value).removesuffix(".0")
    flat = not value or not isinstance(value[0], list)
    between = ", " if flat else ",\n" + " " * (depth + 1)
    return "[" + between.join(_laid_out(item, depth + 1) for item in value) + "]"


def _rounding(text: str) -> float:
    """Half a unit of the last place of the numbers with the most decimals."""
    places = [(len(decimals), int(power or 0)) for decimals, power in _PLACES.findall(text)]
    most = max((decimals for decimals, _ in places), default=0)
    if most < _PRINTED:
        return 0.0
    return max(
        0.5 * 10.0 ** min(power - most, 300) for decimals, power in places if decimals == most
    )


@dataclass
class _Frame:
    """A list or a call that is still open."""

    kind: str  # what closes it; "" for the whole text
    named: bool = False
    items: list[object] = field(default_factory=list)
    filled: bool = False  # whether something stands since the last comma

    def add(self, item: object) -> None:
        self.items.append(item)
        self.filled = True

    def comma(self) -> None:
        if not self.filled:
            raise SpecError((), "has a comma without a number before it")
        self.filled = False

    def closed(self) -> object:
        if not self.named:
            return self.items
        if len(self.items) != 1:
            raise SpecError((), "has a call around other than one array; paste what was printed")
        return self.items[0]


def _nested(text: str, limits: Limits) -> object:
    """Lists, tuples and calls as nested lists: a call such as ``array(…)`` is what it holds."""
    stack, count, things = [_Frame("")], 0, 0
    for kind, word in _tokens(text):
        frame = stack[-1]
        things += kind in ("number", "open")  # empty lists take memory, too
        _check_count(things, limits)
        if kind == "number":
            count += 1
            frame.add(_value(word))
        elif kind == "comma":
            frame.comma()
        elif kind in ("open", "call"):
            if len(stack) > _DEEPEST:
                raise SpecError((), "has too many brackets inside each other")
            stack.append(_Frame("]" if word == "[" else ")", named=kind == "call"))
        elif kind == "close":
            if frame.kind != word:
                raise SpecError((), "has a closing bracket where none is open")
            stack.pop()
            stack[-1].add(frame.closed())
        elif kind == "fact" and frame.named and frame.items:  # dtype, device, grad_fn
            frame.filled = True
        else:
            raise _word(word, count)
    if len(stack) > 1:
        raise SpecError((), "has a bracket that is not closed; was all of it copied?")
    rows = stack[0].items  # more than one where the outer brackets were not copied
    return rows[0] if len(rows) == 1 else rows


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Each token's kind, a group of the pattern or ``""`` for what is foreign, and its text."""
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            yield "", ""
            return
        at = found.end()
        yield found.lastgroup, found[found.lastgroup]


def _check_count(count: int, limits: Limits) -> None:
    if count > limits.cells:
        raise LimitError(
            (), "has more than {most:,} numbers, which is the limit", most=limits.cells
        )


def _word(text: str, count: int) -> SpecError:
    if _INFINITE.fullmatch(text):
        return SpecError((), "has a number that is not finite (nan or inf); give finite numbers")
    if text.lower() in _WORDS:
        return not_a_number((), _WORDS[text.lower()])
    return _foreign(count)


def _foreign(count: int) -> SpecError:
    return SpecError(
        (),
        "has something that is not a number as its number {position}; "
        "paste an array as it is printed",
        position=count + 1,
    )


def _value(text: str) -> float:
    match = _WORD.fullmatch(text)
    if match is None or (match[2] and float(match[2]) == 0):
        raise SpecError((), "is not a number; write it like -2, 0.5 or 1/3")
    return float(match[1]) / float(match[2] or 1)


def _rows(text: str, limits: Limits) -> list[list[float]]:
    rows: list[list[float]] = []
    count = 0
    for line in text.split("\n"):
        inside = line.partition("#")[0].strip()  # as np.savetxt writes a head
        if not inside:
            continue
        mark = next((m for m in ("\t", ";", ",") if m in inside), None)
        words = inside.split(mark, limits.cells)
        if mark and not words[-1].strip():  # a separator after the last
            words.pop()
        count += len(words)
        _check_count(count, limits)
        rows.append([_typed(w, len(rows), column) for column, w in enumerate(words)])
    if not rows:
        raise SpecError((), "is empty; paste some numbers first")
    return rows


def _typed(word: str, row: int, column: int) -> float:
    """One number of a table, also in quotation marks."""
    bare = word.strip().strip('"').strip()
    if _INFINITE.fullmatch(bare):
        raise SpecError((row, column), "is not finite; give a finite number")
    if not _WORD.fullmatch(bare):
        raise SpecError(
            (),
            "has something that is not a number in row {row}, column {column}; "
            "leave out heads and names",
            row=row + 1, column=column + 1,
        )  # fmt: skip
    return _value(bare)
