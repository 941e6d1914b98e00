"""Ratios measured side by side, in one run, against whatever is installed."""
