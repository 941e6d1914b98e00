"""Run a layer once, however many panels and routes ask for it."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from app.engine import Trace, run
from app.engine.settled import settled
from app.spec import DEFAULT_LIMITS, LayerSpec, Limits

_Key = tuple[bytes, Limits]


class Memory:
    """Traces that were run lately, up to a number of bytes; safe between threads."""

    def __init__(self, most_bytes: int) -> None:
        self._most, self._held = most_bytes, 0
        self._traces: OrderedDict[_Key, tuple[Trace, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: _Key) -> Trace | None:
        """The trace, if it is still here."""
        with self._lock:
            found = self._traces.get(key)
            if found is None:
                return None
            self._traces.move_to_end(key)
            return found[0]

    def put(self, key: _Key, trace: Trace) -> None:
        """Keep the trace; the ones asked for longest ago give way."""
        layer = trace.layer
        # the spec, its key and some five arrays shaped like each of these; 24 bytes a wire (not
        # more than one for each multiplication) in case that somebody lists them
        numbers = layer.input.size + layer.output_delta.size + layer.kernel.size
        size = 8 * 7 * numbers + 24 * layer.work // layer.input.shape[0]
        if size > self._most // 8:  # one large layer should not push out a class's small ones
            return
        with self._lock:
            _, before = self._traces.pop(key, (None, 0))
            self._traces[key] = trace, size
            self._held += size - before
            while self._held > self._most:
                _, (_, freed) = self._traces.popitem(last=False)
                self._held -= freed


_MEMORY = Memory(64 * 1024 * 1024)


def read_of(spec: LayerSpec, limits: Limits = DEFAULT_LIMITS) -> Trace:
    """The same for a page: where rounding left 5.6e−17 of a sum that is 0, it says 0."""
    return settled(trace_of(spec, limits))


def trace_of(spec: LayerSpec, limits: Limits = DEFAULT_LIMITS) -> Trace:
    """The layer, run; small ones are remembered.

    Raises:
        EngineError: the fields do not belong together, or a result is not finite.
        LimitError: too large.
    """
    key = (spec.key, limits)
    trace = _MEMORY.get(key)
    if trace is None:
        trace = run(spec.layer(limits))
        _MEMORY.put(key, trace)
    return trace
