"""The story: ten scenes that lead from a puzzle to its answer, then the traps.

A scene is data: what it says, what it asks, and where in the lab it stands. Nothing is claimed
before a reader could have seen it. Both languages are written, not translated word by word.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.words.catalogue import N_


@dataclass(frozen=True)
class Option:
    """A possible answer, and what is said to whoever picks it."""

    text: str
    reply: str
    right: bool = False


@dataclass(frozen=True)
class Scene:
    """One scene: a lesson with a name.

    ``view`` are the lab's query parameters, ``panels`` the drawings to show. ``switch``: whether
    its words hold in both operations; ``sums``: whether it is about sums, or only about wires.
    """

    name: str
    title: str
    text: tuple[str, ...]
    question: str
    options: tuple[Option, ...]
    view: dict[str, str]
    panels: tuple[str, ...]
    preset: str = "article"
    switch: bool = False
    sums: bool = True


@dataclass(frozen=True)
class Trap:
    """What hides the mistake, or is taken for one; ``view`` is where the lab shows it.

    An empty view: the network page, where a training shows it.
    """

    name: str
    meaning: str
    invitation: str
    preset: str
    view: dict[str, str]


SCENES: tuple[Scene, ...] = (
    Scene(
        "puzzle",
        N_("A rotation out of nowhere"),
        (
            N_(
                "Open a textbook at “backpropagation through a convolution” and you find one line: "
                "the error of a layer is a full convolution of the next one’s, δˡ⁺¹, with "
                "rot180(w), times σ′(z)."
            ),
            N_(
                "Where does rot180 come from? Usually nobody says. Here you will add up a few "
                "numbers by hand and see it appear. Do not worry about the symbols yet: you need "
                "to know what a kernel is, and what a product is."
            ),
        ),
        N_("Before you start: why, do you think, is it there?"),
        (
            Option(
                N_("It makes learning more stable."),
                N_("A common guess. But nobody chose it; you will see that it cannot be avoided."),
            ),
            Option(
                N_("It is a convention, like the order of indices."),
                N_("A convention could be dropped. Leave this one out and the gradient is wrong."),
            ),
            Option(
                N_("It follows from the chain rule."),
                N_("It does, and from nothing else. Let us watch how."),
                right=True,
            ),
        ),
        {"phase": "forward", "step": "0"},
        ("map_padded", "kernel", "output"),
    ),
    Scene(
        "operators",
        N_("Two ways to slide a kernel"),
        (
            N_(
                "Correlation slides w over the map as it is written. Convolution slides it turned "
                "by 180°: the last weight meets the first cell. What really slides, we call the "
                "stencil."
            ),
            N_(
                "Textbooks do the second; PyTorch, TensorFlow and JAX do the first and call it "
                "convolution. Both are fine, as long as you say which. We start with convolution, "
                "as the article did that asked this question in 2016. Switch, and watch which "
                "weight meets the first cell."
            ),
        ),
        N_("In convolution, which weight meets the cell in the top left corner of the window?"),
        (
            Option(N_("w₁₁"), N_("That is correlation: as written, first meets first.")),
            Option(N_("w₂₂"), N_("Yes: the stencil is rot180(w), so the last comes first."), True),
            Option(N_("w₂₁"), N_("That would be a flip of the rows only: half of a rotation.")),
        ),
        {"phase": "forward", "step": "0", "term": "0"},
        ("map_padded", "output", "stencils"),
        switch=True,
    ),
    Scene(
        "mlp",
        N_("How an ordinary network passes its error back"),
        (
            N_(
                "Forget maps for a moment. In a fully connected layer a node feeds several others, "
                "each through a wire with a weight of its own. Raise the node by 1, and each of "
                "the others rises by the weight of its wire."
            ),
            N_(
                "A node’s δ says how much the cost changes when the node changes a little. So "
                "[[deltas/1|a node collects]]: for every node that it feeds, that node’s δ times "
                "the weight of the wire between them, all added up; then times σ′(z). Here σ "
                "changes nothing, so σ′ is 1. That is the whole of backpropagation, and the only "
                "rule that we will use."
            ),
        ),
        N_("A node feeds two others, with δ = 2 and δ = −1, through weights 3 and 4. It collects…"),
        (
            Option("2", N_("Yes: 2·3 + (−1)·4 = 2."), True),
            Option("10", N_("Mind the sign of the second δ: (−1)·4 = −4.")),
            Option("5", N_("Each δ meets the weight on its own wire: 2 with 3, −1 with 4.")),
        ),
        {"phase": "deltas", "step": "1", "term": "0"},
        ("wires",),
        "dense",
    ),
    Scene(
        "restrictions",
        N_("A convolutional layer is that network, twice restricted"),
        (
            N_(
                "First restriction: a receptive field. An output node sees a window of the map, so "
                "most wires are not there at all."
            ),
            N_(
                "Second restriction: shared weights. The wires that are left carry only as many "
                "different weights as the kernel has. Every colour is one weight: the wires of "
                "[[weights/0|w₁₁]] carry one number, those of [[weights/3|w₂₂]] another, and they "
                "will always do so."
            ),
        ),
        N_("A 3×3 map and a 2×2 kernel: how many wires, how many different weights?"),
        (
            Option(N_("36 wires, 36 weights"), N_("That is the fully connected layer: 9·4.")),
            Option(N_("16 wires, 4 weights"), N_("Yes: four outputs with four wires each."), True),
            Option(N_("16 wires, 16 weights"), N_("16 wires, but they share: count the colours.")),
        ),
        {"phase": "weights", "step": "0"},
        ("kernel", "wires"),
        sums=False,
    ),
    Scene(
        "unroll",
        N_("Unrolled: nine nodes, four outputs, sixteen wires"),
        (
            N_(
                "Here is the layer as the network that it is. On the left the nine cells of the "
                "map, on the right the four outputs. Step through the outputs: "
                "[[forward/0|the first]] is fed by four nodes, through four colours, and so is "
                "[[forward/3|the last]]."
            ),
            N_(
                "Now look from the left. The node in the middle feeds all four outputs. A node in "
                "a corner feeds only one: no other window reaches it. Nothing is wrong with it; it "
                "simply has fewer wires."
            ),
        ),
        N_("How many outputs does node 12, in the middle of the upper edge, feed?"),
        (
            Option("1", N_("A corner feeds one; node 12 lies in two windows.")),
            Option("2", N_("Yes: two windows contain it."), True),
            Option("4", N_("Only the node in the centre lies in all four windows.")),
        ),
        {"phase": "forward", "step": "0"},
        ("map_padded", "wires", "output"),
    ),
    Scene(
        "collect",
        N_("Collect"),
        (
            N_(
                "Now the way back, with the rule of the ordinary network and nothing else: for "
                "each of the nine nodes, add up δ at the other end times the weight on the wire. "
                "[[deltas/0|Node 11]] has one wire, [[deltas/4|node 22]] has four."
            ),
            N_(
                "Play it, or step with the arrow keys. Look for a rotation. There is none: no "
                "kernel is turned, nothing slides. Wires are followed backwards and products are "
                "added, sixteen of them."
            ),
        ),
        N_("Node 11 is fed back through one wire, of weight w₂₂ = 4, from δ = 2. Its delta is…"),
        (
            Option("2", N_("2·1 would be w₁₁: but w₁₁ is not on this wire.")),
            Option(
                "8",
                N_("Yes: 2·4. In the forward pass w₂₂ met this cell, so it is on its wire."),
                True,
            ),
            Option("0", N_("It feeds one output, so something comes back.")),
        ),
        {"phase": "deltas", "step": "0", "term": "0"},
        ("input_delta", "wires"),
    ),
    Scene(
        "pattern",
        N_("Look at the pattern"),
        (
            N_(
                "The same sums again. But now each weight that is collected is laid down where "
                "its δ stands: for [[deltas/1|node 12]], w₂₁ on δˡ⁺¹₁₁ and w₂₂ on δˡ⁺¹₁₂. Where a "
                "node has no wire we write a zero around the map."
            ),
            N_(
                "The weights always land in the same arrangement, shifted by one from node to "
                "node: a stencil, sliding over δ among zeros. The zeros are no trick. They are the "
                "wires that nodes at the border do not have. So 2×2 with 2×2 gives 3×3."
            ),
        ),
        N_("Compare it with the stencil of the forward pass. The backward one is…"),
        (
            Option(N_("the same"), N_("Look at the corner: w₂₂ came first; now it comes last.")),
            Option(
                N_("its mirror image"),
                N_("A mirror swaps left and right, or top and bottom. Here both were swapped."),
            ),
            Option(
                N_("turned by 180°"), N_("Yes. Nobody turned it; it came out of the wires."), True
            ),
        ),
        {"phase": "deltas", "step": "0", "term": "0"},
        ("input_delta", "delta_padded", "stencils"),
    ),
    Scene(
        "duality",
        N_("Forward convolution, backward correlation"),
        (
            N_(
                "Why? [[deltas/4|Node 22]] lies at the bottom right of the first output’s window, "
                "and at the top left of the last one’s. What comes last in one window comes first "
                "in the next. Seen from the node, the weights follow each other the other way "
                "round, in both directions: that is a turn by 180°."
            ),
            N_(
                "A convolution turns its kernel once itself. So the textbook’s convolution of δ "
                "with rot180(w) turns twice, and what slides is w. With operators, and w as it "
                "is: forward convolution, backward full correlation; forward correlation, "
                "backward full convolution. Switch the operation: the stencils change places, and "
                "one is always the other turned."
            ),
        ),
        N_("PyTorch’s conv2d correlates. Which stencil slides over δ in its backward pass?"),
        (
            Option(N_("rot180(w)"), N_("Yes: forwards w, backwards w turned by 180°."), True),
            Option(N_("w"), N_("That is the forward stencil there; backwards it is turned.")),
            Option(N_("the transpose of w"), N_("Channels are transposed; space is turned.")),
        ),
        {"phase": "deltas", "step": "4"},
        ("stencils", "delta_padded"),
        switch=True,
    ),
    Scene(
        "derivation",
        N_("The same with indices"),
        (
            N_(
                "Now the line from the textbook is easy. Start with the chain rule over all "
                "outputs. Almost every derivative in it is 0, because most wires do not exist."
            ),
            N_(
                "Let the sum run over the kernel instead of the outputs (line 4). In line 2 the "
                "map’s index falls as that of w grows; in line 4 the index of δ grows with it. "
                "That change of sign is the rotation: turning w by 180° is reading it from the "
                "last row and column to the first."
            ),
        ),
        N_("Which step brings in the rotation?"),
        (
            Option(N_("Writing down the chain rule"), N_("It knows of no kernel.")),
            Option(
                N_("Counting by taps instead of outputs"),
                N_("Yes: solving for the other index changes its sign."),
                True,
            ),
            Option(N_("Multiplying by σ′"), N_("That happens cell by cell and turns nothing.")),
        ),
        {"phase": "deltas", "step": "1", "beside": "derivation"},
        (),
    ),
    Scene(
        "weights",
        N_("And the weights?"),
        (
            N_(
                "One table of wires has given us everything: grouped by output it is the forward "
                "pass, grouped by input the deltas. Group it by colour and you have the gradient "
                "of the kernel."
            ),
            N_(
                "[[weights/0|w₁₁ sits on four wires]] at once, so its gradient is the sum over all "
                "of them: δ at one end times the activation at the other. Laid out in the plane "
                "that is δ sliding over the map. In convolution w₁₁ meets the lower right window, "
                "so the result comes out turned as well."
            ),
        ),
        N_("Why does a shared weight’s gradient add up over its wires?"),
        (
            Option(
                N_("Because changing it changes all of them at once."),
                N_("Yes: each wire is one way in which it reaches the cost."),
                True,
            ),
            Option(N_("To average out noise"), N_("It is a sum, not a mean, and it is exact.")),
            Option(N_("Because δ is padded"), N_("The padding belongs to the deltas’ sums.")),
        ),
        {"phase": "weights", "step": "0"},
        ("map_padded", "wires", "kernel_gradient"),
    ),
)

TRAPS: tuple[Trap, ...] = (
    Trap(
        N_("Symmetric kernels hide it."),
        N_("A blur or a Laplacian equals itself turned, so a forgotten rotation cannot be seen."),
        N_("Forget it with a blur"),
        "blur",
        {"phase": "deltas", "beside": "mistakes", "mistake": "kernel_not_rotated"},
    ),
    Trap(
        N_("The mean hides it."),
        N_("Without cropping, the mean of what is collected is the same. Compare cell by cell."),
        N_("Compare both"),
        "article",
        {"phase": "deltas", "beside": "mistakes", "mistake": "kernel_not_rotated"},
    ),
    Trap(
        N_("Code that scatters has no rotation."),
        N_(
            "Where each δ stamps the forward stencil into the map, nothing more is turned. Both "
            "are right."
        ),
        N_("Watch it stamp"),
        "one_delta",
        {"phase": "deltas", "step": "0", "way": "scatter", "beside": "ways"},
    ),
    Trap(
        N_("The loss hides it."),
        N_(
            "A network whose deltas are made with the stencil unturned still learns. A gradient "
            "check shows it at once."
        ),
        N_("Train it with the mistake"),
        "digit",
        {},
    ),
    Trap(
        N_("Channels are transposed, space is turned."),
        N_("Two different things, done at the same time."),
        N_("See the stencils of three channels to two"),
        "channels",
        {"phase": "deltas", "step": "26"},
    ),
    Trap(
        N_("Stride and padding have a way back, too."),
        N_("A stride puts zeros between the deltas; padding crops the result."),
        N_("Step through a stride of 2"),
        "stride_2",
        {"phase": "deltas", "step": "8"},
    ),
)
