"""Numbers as people read them: few digits, a true minus sign."""

from __future__ import annotations

import math

MINUS = "\N{MINUS SIGN}"


def short(value: float, digits: int = 3) -> str:
    """A value in about ``digits`` significant digits; whole numbers below a million as they are.

    >>> short(-1), short(13.5), short(0.25 / 3), short(1234567.0), short(-0.0)
    ('−1', '13.5', '0.0833', '1.23e6', '0')
    """
    value = float(value)
    if value == 0:
        return "0"
    if value == int(value) and abs(value) < 1e6:
        written = str(int(value))
    else:
        magnitude = math.floor(math.log10(abs(value)))
        if -4 <= magnitude < 6:
            decimals = max(0, digits - 1 - magnitude)
            written = f"{value:.{decimals}f}"
            if "." in written:
                written = written.rstrip("0").rstrip(".")
            if float(written) == 0:
                written = "0"
        else:
            mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
            written = f"{mantissa.rstrip('0').rstrip('.')}e{int(exponent)}"
    return written.replace("-", MINUS)


def bracketed(value: float) -> str:
    """A factor in a product: negative numbers get parentheses."""
    return f"({short(value)})" if value < 0 else short(value)
