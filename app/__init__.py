"""rot180: why a CNN's backward pass turns the kernel by 180°."""

__version__ = "0.1.0"
