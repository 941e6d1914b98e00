"""The article's example by hand: what each node collects, contribution by contribution.

Written from the rule alone (δ at the other end times the weight on the wire); no code of the app
has been near these numbers.
"""

from __future__ import annotations

# node → (which δ, which weight, the sum so far), output nodes in reading order
CONVOLUTION = {
    "11": [("11", "22", "8")],
    "12": [("11", "21", "6"), ("12", "22", "2")],
    "13": [("12", "21", "−3")],
    "21": [("11", "12", "4"), ("21", "22", "6")],
    "22": [("11", "11", "2"), ("12", "12", "0"), ("21", "21", "1.5"), ("22", "22", "13.5")],
    "23": [("12", "11", "−1"), ("22", "21", "8")],
    "31": [("21", "12", "1")],
    "32": [("21", "11", "0.5"), ("22", "12", "6.5")],
    "33": [("22", "11", "3")],
}
CORRELATION = {
    "11": [("11", "11", "2")],
    "12": [("11", "12", "4"), ("12", "11", "3")],
    "13": [("12", "12", "−2")],
    "21": [("11", "21", "6"), ("21", "11", "6.5")],
    "22": [("11", "22", "8"), ("12", "21", "5"), ("21", "12", "6"), ("22", "11", "9")],
    "23": [("12", "22", "−4"), ("22", "12", "2")],
    "31": [("21", "21", "1.5")],
    "32": [("21", "22", "2"), ("22", "21", "11")],
    "33": [("22", "22", "12")],
}
COLLECTED = {"convolution": CONVOLUTION, "correlation": CORRELATION}
DELTAS = {
    "convolution": [["8", "2", "−3"], ["6", "13.5", "8"], ["1", "6.5", "3"]],
    "correlation": [["2", "3", "−2"], ["6.5", "9", "2"], ["1.5", "11", "12"]],
}
OUTPUT = {
    "convolution": [["23", "33"], ["53", "63"]],
    "correlation": [["37", "47"], ["67", "77"]],
}
GRADIENT = {
    "convolution": [["35", "30.5"], ["21.5", "17"]],
    "correlation": [["17", "21.5"], ["30.5", "35"]],
}
DELTA = {"11": "2", "12": "(−1)", "21": "0.5", "22": "3"}
WEIGHT = {"11": "1", "12": "2", "21": "3", "22": "4"}
OPERATIONS = ("convolution", "correlation")


def numbers(operation: str) -> dict[str, list[str]]:
    """Each node's contributions as they are written in numbers: ``(−1) · 4``."""
    return {
        node: [f"{DELTA[delta]} · {WEIGHT[weight]}" for delta, weight, _ in terms]
        for node, terms in COLLECTED[operation].items()
    }
