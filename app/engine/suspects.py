"""Every wrong answer to one part of a layer that a known mistake, or two at once, would give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.engine.activations import ACTIVATIONS, Activation, Floats
from app.engine.as_if import Shape, Wrong
from app.engine.closeness import largest, same
from app.engine.layer import Layer
from app.engine.mistakes import CODES, COLLECTING, OTHERS, SLOPES, Code, Part, Slope
from app.engine.trace import Trace

ANY_FACTOR = 2.0  # `scaled` is any factor but 1 and −1; where one has to be chosen, this one
NO_SLOPE: Code = "missing_activation_derivative"
# How many stencil passes the suspects of a part may take, for answers of the right shape.
PASSES: dict[Part, int] = {
    "output": 4,
    "input_delta": 8,
    "kernel_gradient": 4,
    "bias_gradient": 0,
}


def occurring(part: Part) -> tuple[Code, ...]:
    """The codes that can occur in a part, in the contract's order."""
    known: set[Code] = {"sign_flipped", "scaled", *OTHERS[part]}
    if part == "input_delta":
        known |= {*COLLECTING, *SLOPES}
    if part != "output":
        known.add("averaged_over_batch")
    return tuple(code for code in CODES if code in known)


def axes_of(layer: Layer, part: Part) -> int:
    """How many axes the user's array has: a map the input's; for H×W a bias is a number."""
    if part in ("output", "input_delta"):
        return layer.rank
    by_kernel = {"kernel_gradient": (2, 4), "bias_gradient": (0, 1)}
    return by_kernel[part][layer.rank > 2]


def natural(layer: Layer, part: Part, array: Floats) -> Floats:
    """An array of the engine with the user's axes: leading axes of 1 taken off."""
    return array.reshape(array.shape[array.ndim - axes_of(layer, part) :])


@dataclass(frozen=True, eq=False)
class Suspect:
    """A wrong answer with its mistake, and the second one (``also``) where two were made."""

    code: Code
    wrong: Wrong
    also: tuple[Code, ...] = ()

    @property
    def shape(self) -> Shape:
        """The answer's, with the engine's axes."""
        return self.wrong.shape

    @property
    def array(self) -> Floats:
        """The answer."""
        return self.wrong.array


class Suspects:
    """All wrong answers to one part of a trace. An array is made when first read, then kept."""

    def __init__(self, trace: Trace, part: Part) -> None:
        self.trace, self.part = trace, part
        self.right: Floats = getattr(trace, part)
        self._sigma = ACTIVATIONS[trace.layer.activation]

    @cached_property
    def single(self) -> list[Suspect]:
        """One mistake each, `scaled` apart; in the contract's order, the likeliest way first.

        Where σ′ cannot be multiplied with a map because the mistake changed its shape, σ′ is
        missing as well.
        """
        return [suspect for code in occurring(self.part) for suspect in self._ways(code)]

    @cached_property
    def showing(self) -> list[Suspect]:
        """Those of the single ones that do not pass for the right answer."""
        return [suspect for suspect in self.single if not self._passes(suspect)]

    @cached_property
    def hidden(self) -> tuple[Code, ...]:
        """The codes that cannot show: on this layer they give what passes for the right answer."""
        return tuple(code for code in occurring(self.part) if not self.shows(code))

    def shows(self, code: Code) -> bool:
        """Whether a mistake can be seen on this layer, in any of the ways to make it."""
        if code == "scaled":
            return not same(_scaled(self.right), self.right)
        return any(not self._passes(s) for s in self.single if s.code == code)

    @cached_property
    def factors(self) -> dict[Code, float]:
        """What a wrong sign and a mean over the batch multiply with."""
        batch = self.trace.layer.input.shape[0]
        averaged: dict[Code, float] = {"averaged_over_batch": 1 / batch}
        return {"sign_flipped": -1.0, **(averaged if batch > 1 and self.part != "output" else {})}

    def double(self, shape: Shape) -> Iterator[Suspect]:
        """Two mistakes at once that give this shape: a wrong σ′, sign or batch factor besides."""
        if self.part == "input_delta" and self.trace.layer.activation != "identity":
            for slope in SLOPES:
                for code in COLLECTING:
                    yield from (s for s in self._collecting(code, slope) if s.shape == shape)
        for suspect in self.showing:
            if suspect.shape == shape and not suspect.also and suspect.code not in self.factors:
                for code, factor in self.factors.items():
                    yield Suspect(suspect.code, _times(suspect.wrong, factor), (code,))

    def mistaken(self, code: Code) -> Floats | None:
        """The wrong answer that stands for a code: one of the right shape that shows, if possible.

        None where the code makes no difference on this layer, or leaves float64's range.
        """
        if code == "scaled":
            return _scaled(self.right)
        return _standing([s.wrong for s in self.single if s.code == code], self.right)

    def collected(self, code: Code) -> Floats | None:
        """What a code makes of `collected`, before σ′; None where it says nothing of it."""
        right = self.trace.collected
        if code in SLOPES:
            return right
        if code == "scaled":
            return _scaled(right)
        if code in self.factors:
            return self.factors[code] * right
        return _standing(self._collected.get(code, []), right)

    def _passes(self, suspect: Suspect) -> bool:
        return suspect.shape == self.right.shape and same(suspect.array, self.right)

    def _ways(self, code: Code) -> Iterator[Suspect]:
        if self.part == "input_delta":
            if code in COLLECTING:
                yield from self._collecting(code)
            if code in SLOPES:
                yield Suspect(code, self._sloped(self._right_collected, SLOPES[code])[0])
        if code in OTHERS[self.part]:
            for wrong in OTHERS[self.part][code](self.trace):
                yield Suspect(code, wrong)
        if code in self.factors:
            right = Wrong(self.right.shape, lambda: self.right)
            yield Suspect(code, _times(right, self.factors[code]))

    @cached_property
    def _collected(self) -> dict[Code, list[Wrong]]:
        return {code: list(ways(self.trace)) for code, ways in COLLECTING.items()}

    @property
    def _right_collected(self) -> Wrong:
        return Wrong(self.trace.collected.shape, lambda: self.trace.collected)

    def _collecting(self, code: Code, slope: Code | None = None) -> Iterator[Suspect]:
        """A mistake in `collected`, times σ′ or what was taken for it."""
        taken: tuple[Code, ...] = (slope,) if slope else ()
        for wrong in self._collected[code]:
            for way in self._sloped(wrong, SLOPES[slope] if slope else _slope):
                yield Suspect(code, way, taken)
            if not slope and self.trace.layer.activation != "identity" and self._odd(wrong):
                yield Suspect(code, wrong, (NO_SLOPE,))
            elif not slope and self._odd(wrong) and not wrong.how:
                yield Suspect(code, wrong)

    def _odd(self, wrong: Wrong) -> bool:
        """Whether σ′ has another shape than the map."""
        return wrong.shape != self.right.shape

    def _sloped(self, wrong: Wrong, slope: Slope) -> list[Wrong]:
        """The map times a slope, which over a rim of padding may be σ′(0), 0 or left out.

        Empty where the shapes do not allow it.
        """
        layer, sigma = self.trace.layer, self._sigma
        if not self._odd(wrong):
            return [Wrong(wrong.shape, lambda: wrong.array * slope(sigma, layer.input), wrong.how)]
        if wrong.how != "uncropped":
            return []
        rims = dict.fromkeys((float(slope(sigma, np.zeros(1))[0]), 0.0, 1.0))
        zeros = [(0, 0), (0, 0), *layer.padding]

        def times(rim: float) -> Wrong:
            return Wrong(
                wrong.shape,
                lambda: wrong.array * np.pad(slope(sigma, layer.input), zeros, constant_values=rim),
                wrong.how,
            )

        return [times(rim) for rim in rims]


def _slope(sigma: Activation, z: Floats) -> Floats:
    return sigma.derivative(z)


def _times(wrong: Wrong, factor: float) -> Wrong:
    return Wrong(wrong.shape, lambda: factor * wrong.array, wrong.how)


def _scaled(right: Floats) -> Floats:
    """A multiple of it: half, where twice is beyond float64."""
    fits = largest(right) <= np.finfo(np.float64).max / ANY_FACTOR
    return right * ANY_FACTOR if fits else right / ANY_FACTOR


def _standing(ways: list[Wrong], right: Floats) -> Floats | None:
    """Of several ways the first that shows, one of the right shape if possible."""
    found = [way for way in ways if np.isfinite(way.array).all()]
    found.sort(key=lambda way: (same(way.array, right), way.shape != right.shape))
    return found[0].array if found else None
