"""NumPy's ``.npy`` files, read without trust: no pickle, no evaluation, no memory mapping.

A file is a magic string, a version, the header's length, a header that is a Python dictionary in
plain text, and the numbers. The header is matched against the form in which NumPy writes it, and
the file's length is compared with what the header promises before anything is made of it.
"""

from __future__ import annotations

import math
import re
import struct

import numpy as np

from app.engine.activations import Floats
from app.engine.given import finite
from app.spec.errors import LimitError, SpecError
from app.spec.limits import DEFAULT_LIMITS, Limits

MAGIC = b"\x93NUMPY"
_LENGTHS = {1: "<H", 2: "<I", 3: "<I"}  # by version: how the header's length is written
_LONGEST = 10_000  # of a header, as in NumPy itself
_MOST_AXES = 4
_HEADER = re.compile(
    r"\{'descr': '([<>|=]?[A-Za-z]\d*)', 'fortran_order': (True|False), "
    r"'shape': \(((?:\d{1,12}, ?)*(?:\d{1,12})?)\), ?\}\s*",
    re.ASCII,
)
_REAL = re.compile(r"[<>|=]?(?:[iu][1248]|f[248])")


def read(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Floats:
    """A read-only float64 array of 0 to 4 axes from a file's bytes, versions 1 to 3.

    Raises:
        SpecError: not such a file, truncated, longer than it says, of objects or of other than
            real numbers, empty, or not finite.
        LimitError: more than ``limits.cells`` numbers.
    """
    kind, fortran, shape, start = _header(data)
    count = math.prod(shape)
    if count > limits.cells:
        raise LimitError(
            (), "has {got:,} numbers; {most:,} is the limit", got=count, most=limits.cells
        )
    if count == 0:
        raise SpecError((), "is empty; give at least one number")
    if len(shape) > _MOST_AXES:
        raise SpecError((), "has {got} axes; {most} at most", got=len(shape), most=_MOST_AXES)
    want, got = count * kind.itemsize, len(data) - start
    if got < want:
        raise SpecError(
            (), "is cut short: {got:,} of {want:,} bytes of numbers; copy the whole file",
            got=got, want=want,
        )  # fmt: skip
    if got > want:
        raise SpecError((), "goes on after its last number; save one array alone with np.save")
    flat = np.frombuffer(data, kind, count, start)
    array = flat.reshape(shape, order="F" if fortran else "C").astype(np.float64, order="C")
    if not finite(array):
        raise SpecError((), "has a number that is not finite (nan or inf); give finite numbers")
    array.flags.writeable = False
    return array


def _header(data: bytes) -> tuple[np.dtype[np.generic], bool, tuple[int, ...], int]:
    """Type of the numbers, whether columns come first, sizes, and where the numbers start."""
    if not data.startswith(MAGIC):
        raise SpecError((), "is not a .npy file; save the array with np.save")
    version = data[6] if len(data) > 6 else 0
    form = _LENGTHS.get(version)
    if len(data) > 6 and form is None:
        raise SpecError((), "is a .npy file of a version that is not known; known are 1 to 3")
    first = 8 + struct.calcsize(form or "<H")
    cut = SpecError((), "is cut short in its head; copy the whole file")
    if form is None or len(data) < first:
        raise cut
    length = int(struct.unpack_from(form, data, 8)[0])
    if length > _LONGEST:
        raise SpecError((), "is not a .npy file as NumPy writes it")
    if len(data) < first + length:
        raise cut
    text = data[first : first + length].decode("latin-1" if version < 3 else "utf-8", "replace")
    found = _HEADER.fullmatch(text)
    if "'descr': [" in text or (found and found[1].lstrip("<>|=").startswith(("O", "V"))):
        raise SpecError(
            (), "holds objects, which are not read (no pickle); save it as np.float64 instead"
        )
    if found is None:
        raise SpecError((), "is not a .npy file as NumPy writes it")
    if not _REAL.fullmatch(found[1]):
        raise SpecError((), "holds other than real numbers; save it as np.float64 instead")
    shape = tuple(int(size) for size in found[3].replace(",", " ").split())
    return np.dtype(found[1]), found[2] == "True", shape, first + length
