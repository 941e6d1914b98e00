"""The derivation, line by line: from the chain rule to a stencil, in symbols and for one node.

Indices x, y run over cells, u and v over the kernel's rows and columns: from 1 where nodes are
named as in formulas (δ₁₁), from 0 where they are named as in code (d[0,0]), so that a line's
symbols and its numbers agree. Every line holds for any stride s, padding p and dilation d; they
are left out where they change nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.engine import Layer, Trace, stencil
from app.words.catalogue import translator
from app.words.symbols import Symbols, first_index

SHOWN = 12  # output nodes up to which all of them are written out, those without a wire as well


@dataclass(frozen=True)
class Part:
    """A summand of a line in numbers; one that vanishes is shown vanishing."""

    mathml: str
    colour: int  # of its tap, −1 without
    gone: bool


@dataclass(frozen=True)
class Line:
    """What is done, in words; the formula; and the same for the chosen node."""

    title: str
    symbols: str
    node: tuple[Part, ...]
    left: str
    more: int = 0


def _sub(letter: str, lower: str) -> str:
    return f"<msubsup><mi>{letter}</mi><mrow>{lower}</mrow><mrow></mrow></msubsup>"


def _subsup(letter: str, lower: str, upper: str) -> str:
    return f"<msubsup><mi>{letter}</mi><mrow>{lower}</mrow><mrow>{upper}</mrow></msubsup>"


def _sum(lower: str) -> str:
    return f"<munder><mo>∑</mo><mrow>{lower}</mrow></munder>"


def _partial(upper: str, lower: str) -> str:
    return f"<mfrac><mrow><mo>∂</mo>{upper}</mrow><mrow><mo>∂</mo>{lower}</mrow></mfrac>"


def _words(text: str) -> str:
    """A small expression such as ``x−kh+1+u`` in MathML, piece by piece."""
    found = []
    for piece in re.findall(r"kh|kw|\d+|\S", text):
        if piece.isdigit():
            found.append(f"<mn>{piece}</mn>")
        elif piece.isalpha():
            found.append(f"<mi>{piece}</mi>")
        else:
            found.append(f'<mo stretchy="false">{piece}</mo>')
    return "".join(found)


L, NEXT = "<mi>l</mi>", "<mi>l</mi><mo>+</mo><mn>1</mn>"
XY = _words("x,y")


@dataclass(frozen=True)
class _Indices:
    """What cells and weights are called: c is an input channel, o an output channel."""

    node: str  # x,y or c,x,y
    behind: str  # x′,y′ or o,x′,y′
    weight: str  # u,v or o,c,u,v
    to: str  # what comes before an output's row and column
    back: str  # and before a map's
    window: str  # what an output's sum runs over
    taps: str  # and a node's

    @classmethod
    def of(cls, layer: Layer) -> _Indices:
        out, into = layer.kernel.shape[0], layer.input.shape[1]
        to, back = "o," if out > 1 else "", "c," if into > 1 else ""
        return cls(
            node=_words(f"{back}x,y"),
            behind=_words(f"{to}x′,y′"),
            weight=_words("o,c,u,v" if layer.kernel[:, :, 0, 0].size > 1 else "u,v"),
            to=to,
            back=back,
            window=_words(f"{back}u,v"),
            taps=_words(f"{to}u,v"),
        )


def _linear(*parts: tuple[int, str]) -> str:
    """Whole multiples of names added up, ``(2, "x′"), (-1, "u"), (1, "")`` as ``2·x′−u+1``."""
    said = ""
    for factor, name in parts:
        if factor:
            size = abs(factor)
            amount = str(size) if not name else name if size == 1 else f"{size}·{name}"
            said += ("−" if factor < 0 else "+" if said else "") + amount
    return said or "0"


def _met(layer: Layer, i: int) -> str:
    """The map's index that output x′ meets through tap u.

    Counted from 0 it is s·x′ + d·t − p, where t is u in a correlation and k−1−u in a convolution.
    Counted from one, as nodes are named in formulas, each index is larger by 1.
    """
    cell, tap, size = (("x′", "u", "kh"), ("y′", "v", "kw"))[i]
    s, d, p, one = layer.stride[i], layer.dilation[i], layer.padding[i][0], first_index()
    if layer.operation == "convolution":
        constant = one - s * one + d * one - d - p
        return _linear((s, cell), (d, size), (constant, ""), (-d, tap))
    return _linear((s, cell), (d, tap), (one - s * one - d * one - p, ""))


def _feeding(layer: Layer, i: int) -> str:
    """The output's index that cell x feeds through tap u: the same, solved for x′."""
    cell, tap, size = (("x", "u", "kh"), ("y", "v", "kw"))[i]
    s, d, p, one = layer.stride[i], layer.dilation[i], layer.padding[i][0], first_index()
    if layer.operation == "convolution":
        constant = p - one + d - d * one + s * one
        found = _linear((1, cell), (-d, size), (constant, ""), (d, tap))
    else:
        found = _linear((1, cell), (-d, tap), (p - one + d * one + s * one, ""))
    return found if s == 1 else f"({found})/{s}"


def derivation(trace: Trace, cell: int, language: str) -> list[Line]:
    """The lines for an input node; ``cell`` is its flat index."""
    _ = translator(language)
    layer, symbols = trace.layer, Symbols(trace.layer)
    slope = layer.activation != "identity"
    named = _Indices.of(layer)
    delta, behind = _subsup("δ", named.node, L), _subsup("δ", named.behind, NEXT)
    output, before = _subsup("z", named.behind, NEXT), _subsup("z", named.node, L)
    sigma = f"<msup><mi>σ</mi><mo>′</mo></msup><mo>(</mo>{before}<mo>)</mo>" if slope else ""
    times = f"<mo>·</mo>{sigma}" if slope else ""
    met = _words(f"{_met(layer, 0)},{_met(layer, 1)}")
    seen = _words(named.back) + met
    fed = _words(f"{named.to}{_feeding(layer, 0)},{_feeding(layer, 1)}")
    left = symbols.delta(cell).mathml
    all_nodes, more = _all_outputs(trace, cell)
    by_tap = tuple(_by_tap(trace, cell))
    equals = "<mo>=</mo>"
    weight = _sub("w", named.weight)
    reading = (
        _("The index of δ grows with that of w: it is a full correlation with w, which is a full "
          "convolution with rot180(w). The forward pass slid rot180(w); this one slides w.")
        if layer.operation == "convolution"
        else _("The index of δ falls while that of w grows: it is a full convolution with w, "
               "which is a full correlation with rot180(w). The forward pass slid w; this one "
               "slides rot180(w).")
    )  # fmt: skip
    dot, strided = "<mo>·</mo>", max(layer.stride) > 1
    channels = ""
    if layer.kernel[:, :, 0, 0].size > 1:
        channels = " " + _("c counts the map's channels, o those of the output.")
    if layer.groups > 1:
        channels += " " + _("With groups, c and o run within one group.")
    between = _(" and between its cells, where the stride left zeros") if strided else ""
    if_so, otherwise = _("if"), _("else 0")
    condition = (
        f"<mspace width='0.6em'/><mtext>{if_so}</mtext><mspace width='0.3em'/>"
        f"{_words('(')}{met}{_words(')')}{equals}{_words('(')}{XY}{_words(')')}"
        f"<mspace width='0.4em'/>"
        f"<mtext>{otherwise}</mtext>"
    )
    return [
        Line(
            _("The chain rule, over every output node."),
            f"{delta}{equals}{_sum(named.behind)}{behind}{dot}{_partial(output, before)}",
            tuple(_with_derivative(trace, cell)),
            left,
            more,
        ),
        Line(
            _("What an output node is made of. The kernel has kh rows and kw columns.") + channels,
            f"{output}{equals}{_sum(named.window)}{weight}{dot}{_subsup('a', seen, L)}"
            f"<mo>+</mo><mi>b</mi>",
            (),
            "",
        ),
        Line(
            _("So almost every derivative is 0. One is left for each wire: its weight, times σ′.")
            if slope
            else _("So almost every derivative is 0. One is left for each wire: its weight."),
            f"{_partial(output, before)}{equals}{weight}{times}{condition}",
            all_nodes,
            left,
            more,
        ),
        Line(
            _("Count taps instead of output nodes. δ is 0 outside its map{between}.").format(
                between=between
            ),
            f"{delta}{equals}{_sum(named.taps)}{weight}<mo>·</mo>{_subsup('δ', fed, NEXT)}{times}",
            by_tap[:SHOWN],
            left,
            max(0, len(by_tap) - SHOWN),
        ),
        Line(reading, "", (), ""),
    ]


def _near(trace: Trace, cell: int) -> tuple[list[int], int]:
    """The output nodes to write out: all of few, else those with a wire; and how many are not."""
    count = trace.step_count("forward")
    if count <= SHOWN:
        return list(range(count)), 0
    wired = trace.wires.of_source(cell).target.tolist()
    return wired, count - len(wired)


def _with_derivative(trace: Trace, cell: int) -> list[Part]:
    symbols = Symbols(trace.layer)
    z = symbols.z(cell).mathml
    found = []
    for target in _near(trace, cell)[0]:
        ratio = _partial(symbols.output(target).mathml, z)
        delta = symbols.output_delta(target).mathml
        found.append(Part(f"{delta}<mo>·</mo>{ratio}", -1, gone=False))
    return found


def _slope(trace: Trace, cell: int) -> str:
    """·σ′(z) of the node, where there is an activation."""
    if trace.layer.activation == "identity":
        return ""
    z = Symbols(trace.layer).z(cell).mathml
    return f"<mo>·</mo><msup><mi>σ</mi><mo>′</mo></msup>{_words('(')}{z}{_words(')')}"


def _all_outputs(trace: Trace, cell: int) -> tuple[tuple[Part, ...], int]:
    symbols, wires = Symbols(trace.layer), trace.wires.of_source(cell)
    taps = dict(zip(wires.target.tolist(), wires.tap.tolist(), strict=True))
    nodes, more = _near(trace, cell)
    slope = _slope(trace, cell)
    found = []
    for target in nodes:
        delta = symbols.output_delta(target).mathml
        if target in taps:
            weight = symbols.weight(taps[target]).mathml
            colour = symbols.colour(taps[target])
            found.append(Part(f"{delta}<mo>·</mo>{weight}{slope}", colour, gone=False))
        else:
            found.append(Part(f"{delta}<mo>·</mo><mn>0</mn>", -1, gone=True))
    return tuple(found), more


def _by_tap(trace: Trace, cell: int) -> list[Part]:
    """The window's weights in the kernel's order, those on padding included."""
    layer, symbols = trace.layer, Symbols(trace.layer)
    wires = trace.wires.of_source(cell)
    targets = dict(zip(wires.tap.tolist(), wires.target.tolist(), strict=True))
    spatial = layer.kernel.shape[2] * layer.kernel.shape[3]
    slope = _slope(trace, cell)
    if layer.kernel.size != spatial:  # with channels: the taps that have a wire
        taps = sorted(targets)
    else:
        _, row, column = divmod_cell(trace, cell)
        window = stencil.backward_window(layer, row, column)
        taps = sorted(u * layer.kernel.shape[3] + v for _, _, u, v in window)
    found = []
    for weight in taps:
        name = symbols.weight(weight).mathml
        if weight in targets:
            delta = symbols.output_delta(targets[weight]).mathml
            part = f"{name}<mo>·</mo>{delta}{slope}"
            found.append(Part(part, symbols.colour(weight), gone=False))
        else:
            found.append(Part(f"{name}<mo>·</mo><mn>0</mn>", symbols.colour(weight), gone=True))
    return found


def divmod_cell(trace: Trace, cell: int) -> tuple[int, int, int]:
    """(channel, row, column) of an input node."""
    _, rows, columns = trace.wires.source_shape
    channel, within = divmod(cell, rows * columns)
    return (channel, *divmod(within, columns))
