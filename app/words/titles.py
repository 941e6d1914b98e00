"""What each panel is called: its symbol, and a few words."""

from __future__ import annotations

from app.words.catalogue import N_

TITLES: dict[str, tuple[str, str]] = {
    "input": ("zˡ", N_("map")),
    "activated": ("aˡ = σ(zˡ)", N_("activated")),
    "activation_derivative": ("σ′(zˡ)", N_("slope at each node")),
    "kernel": ("w", N_("kernel")),
    "output": ("zˡ⁺¹", N_("output")),
    "output_delta": ("δˡ⁺¹", N_("output error")),
    "collected": ("∂C/∂aˡ", N_("collected, before σ′")),
    "input_delta": ("δˡ", N_("error of the earlier layer")),
    "cropped": ("δˡ", N_("error of the earlier layer; what the padding collects is cropped")),
    "kernel_gradient": ("∂C/∂w", N_("gradient of the kernel")),
    "map_padded": ("aˡ", N_("the map, where the stencil slides")),
    "delta_padded": ("δˡ⁺¹", N_("laid out among zeros")),
    "stamps": ("", N_("every δ stamps the forward stencil")),
    "lens": ("", N_("close up")),
    "matrix": ("M", N_("under aˡ: each row adds up to an output")),
    "matrix_transposed": ("Mᵀ", N_("under δˡ⁺¹: each row adds up to a delta")),
    "map_weights": ("aˡ", N_("the map, under δˡ⁺¹ as it slides")),
    "stencil": ("", N_("the stencil that slides")),
    "stencil_first": ("", N_("the stencil that slides, of the first channels")),
    "stencil_channels": ("", N_("the stencils that slide: a row for each output channel")),
    "stencils": ("", N_("the stencil, forwards and backwards")),
    "stencils_first": ("", N_("the stencil of the first channels, forwards and backwards")),
    "stencils_channels": ("", N_("forwards and backwards: space turned, channels transposed")),
    "wires": ("", N_("the layer, unrolled: an MLP that shares its weights")),
    "dense": ("", N_("a fully connected layer")),
}
