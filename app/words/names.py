"""What cells and weights are called: indices from 1, as the formulas have them.

A delta says its layer, because two different nodes carry one number in their names. The plain
text has room for output deltas only, so there δ alone means δ^{l+1}.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Index = Sequence[int]


def cell_name(index: Index, map_shape: Sequence[int]) -> str:
    """``12`` for row 1, column 2; ``[10,3]`` throughout a map with a size above 9.

    With channels (and batch members) always in brackets, in the order of the axes.

    >>> cell_name([0, 1], [3, 3]), cell_name([0, 1], [3, 12]), cell_name([0, 1, 2], [1, 3, 3])
    ('12', '[1,2]', '[1,2,3]')
    """
    numbers = [str(i + 1) for i in index]
    if len(numbers) == 2 and max(map_shape) <= 9:
        return "".join(numbers)
    return "[" + ",".join(numbers) + "]"


def delta_text(index: Index, map_shape: Sequence[int]) -> str:
    """An output delta in plain text: ``δ12``."""
    return "δ" + cell_name(index, map_shape)


def weight_text(index: Index, kernel_shape: Sequence[int]) -> str:
    """A weight in plain text: ``w21``."""
    return "w" + cell_name(index, kernel_shape)


def delta_latex(index: Index, map_shape: Sequence[int], layer: str = "l+1") -> str:
    r"""A delta in LaTeX: ``\delta^{l+1}_{12}``; a subscript needs no brackets."""
    return rf"\delta^{{{layer}}}_{{{cell_name(index, map_shape).strip('[]')}}}"


def weight_latex(index: Index, kernel_shape: Sequence[int]) -> str:
    """A weight in LaTeX: ``w_{21}``."""
    return f"w_{{{cell_name(index, kernel_shape).strip('[]')}}}"


def terms_text(
    terms: Iterable[tuple[Index, Index]], map_shape: Sequence[int], kernel_shape: Sequence[int]
) -> str:
    """Pairs of an output cell and a tap as a sum; ``0`` where there are none.

    >>> terms_text([([0, 0], [1, 0]), ([0, 1], [1, 1])], [2, 2], [2, 2])
    'δ11·w21 + δ12·w22'
    """
    parts = [f"{delta_text(d, map_shape)}·{weight_text(w, kernel_shape)}" for d, w in terms]
    return " + ".join(parts) or "0"


def terms_latex(
    terms: Iterable[tuple[Index, Index]], map_shape: Sequence[int], kernel_shape: Sequence[int]
) -> str:
    r"""The same in LaTeX, with layers.

    >>> terms_latex([([0, 0], [1, 0])], [2, 2], [2, 2])
    '\\delta^{l+1}_{11} w_{21}'
    """
    parts = [f"{delta_latex(d, map_shape)} {weight_latex(w, kernel_shape)}" for d, w in terms]
    return " + ".join(parts) or "0"
