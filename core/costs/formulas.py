"""What a training takes, by formulas: bytes and FLOPs out of a model's shape and the tokens that are computed.

All are for decoders of the Llama kind (RMSNorm, grouped-query attention, gated MLP). The bytes of activations are
those that PyTorch keeps for the backward pass, term by term; tests hold them to what it really keeps.
"""

from dataclasses import dataclass
from typing import Literal

from sftctl.core.costs.machines import Machine

Adapters = Literal["plain", "peft"]
"""How LoRA computes: in the dtype of the base weight, as trainer `loop` does, or in float32, as peft does."""


@dataclass(frozen=True)
class ModelShape:
    """What of a model decides its costs. Widths are in numbers, `linear` and the like in parameters."""

    parameters: int
    """All of the base model, tied ones once."""
    trained: int
    layers: int
    hidden: int
    intermediate: int
    query: int
    """Heads times their width."""
    key: int
    """Key heads times their width; so many values too."""
    vocabulary: int
    linear: int
    """In the matrices of the layers."""
    adapted: tuple[tuple[int, int], ...] = ()
    """Input and output width of every linear layer with a LoRA adapter."""
    rank: int = 0
    dora: bool = False


@dataclass(frozen=True)
class Work:
    """What is computed in all of a training."""

    steps: int
    """Optimizer steps."""
    passes: float
    """Packs or batches: forward and backward passes."""
    largest: int
    """Tokens of the largest pass, padding included."""
    tokens: float
    """Tokens of all passes, padding included."""
    pairs: float
    """Pairs of a query and a key that it sees, in all passes."""
    labels: float
    """Tokens whose logits are computed, in all passes."""


@dataclass(frozen=True)
class Method:
    """How it is computed."""

    bf16: bool
    """In bfloat16, else in float32."""
    adapters: Adapters | None
    """None: every weight is trained."""
    logits: int
    """Tokens whose logits are held at once."""
    states: Literal[2, 4] = 4
    """Bytes of each number of what is trained, its gradient and its two moments."""
    autocast: bool = False
    """Float32 weights, of which each forward pass makes bfloat16 copies (`torch.autocast`)."""
    compiled: bool = False
    checkpointing: bool = False
    """Layers keep their input alone and are computed again in the backward pass."""
    four_bit: bool = False
    mask: int = 0
    """Bytes of the attention mask, where a whole one is made."""
    chunked: bool = False
    """Logits come in chunks, whose gradient is computed with their loss; that of the output head is then summed up."""
    fused: bool = False
    """The loss is compiled: of a chunk nothing is ever written but logits and gradient."""
    pace: float = 1.0
    """How fast it is, to trainer `loop` with compiled layers."""

    @property
    def itemsize(self) -> int:
        return 2 if self.bf16 else 4


@dataclass(frozen=True)
class Costs:
    """What a training will take. Memory in bytes, at its peak."""

    parameters: int
    """Of the base model; tied ones once."""
    trained: int
    steps: int
    tokens: int
    """Computed in all steps: padding counts, and what rows share counts once where it is computed once."""
    weights: int
    gradients: int
    optimizer: int
    activations: int
    logits: int
    flops: float
    seconds: float | None
    """None where the machine's speed is not known."""

    @property
    def peak(self) -> int:
        """Gradients have their full size when the activations that they come from are gone."""
        return self.weights + self.optimizer + max(self.gradients, self.activations + self.logits)


def estimate(shape: ModelShape, work: Work, method: Method, machine: Machine) -> Costs:
    """The costs of training a model of that shape, by the formulas below."""
    full, itemsize = method.adapters is None, method.itemsize
    weights = weight_bytes(shape, itemsize, method.four_bit)
    if not full or method.states > itemsize:  # adapters, or float32 masters of bfloat16 weights
        weights += shape.trained * method.states
    logits = logit_bytes(shape.vocabulary, method.logits, itemsize, method.fused)
    if full and method.chunked:
        logits += shape.vocabulary * shape.hidden * (4 + itemsize)
    flops = training_flops(shape, work.tokens, work.pairs, work.labels, not full, method.checkpointing)
    rate = machine.rate if method.bf16 else machine.rate_fp32
    moved = moved_bytes(weights, shape.trained, work.passes, work.steps)
    computing = rate and flops / (rate * method.pace) + moved / machine.bandwidth
    return Costs(
        parameters=shape.parameters,
        trained=shape.trained,
        steps=work.steps,
        tokens=round(work.tokens),
        weights=weights,
        gradients=shape.trained * method.states,
        optimizer=2 * shape.trained * method.states,
        activations=activation_bytes(shape, work.largest, method) + method.mask,
        logits=logits,
        flops=flops,
        seconds=computing and max(computing, work.passes * shape.layers * machine.launching),
    )


# ---------------------------------------------------------------- memory


def weight_bytes(shape: ModelShape, itemsize: int, four_bit: bool = False) -> int:
    """The base model's weights.

    In 4 bits the layers' matrices take half a byte a weight, and a float32 scale for each 64; the rest stays as it is.
    """
    if not four_bit:
        return shape.parameters * itemsize
    return round(shape.linear * (0.5 + 4 / 64)) + (shape.parameters - shape.linear) * itemsize


def activation_bytes(shape: ModelShape, tokens: int, method: Method) -> int:
    """What a forward pass over so many tokens keeps for the backward pass, over all layers.

    With checkpointing a layer keeps its input alone, and one layer at a time is computed again.
    """
    kept = shape.layers * _layer_bytes(shape, tokens, method)
    kept += sum(_adapter_bytes(shape, *widths, tokens, method) for widths in shape.adapted)
    if method.checkpointing:
        return shape.layers * tokens * shape.hidden * method.itemsize + kept // shape.layers
    return kept


def _layer_bytes(shape: ModelShape, tokens: int, method: Method) -> int:
    """Two norms, attention and the MLP, without what adapters add."""
    itemsize = method.itemsize
    inputs = 2 * shape.hidden * itemsize  # of query, key and value together; of gate and up
    if method.compiled:  # what is cheap is computed again: from the stream, and from gate and up
        norms, inputs = 2 * shape.hidden * itemsize, 0
        mlp = 2 * shape.intermediate * itemsize
    else:
        norms = 2 * shape.hidden * 4  # RMSNorm computes in float32
        if method.adapters is None:
            norms += 2 * shape.hidden * itemsize  # normalised, for the gradient of the norm's weight
        mlp = 4 * shape.intermediate * itemsize  # gate, its SiLU, up, and their product
    if method.autocast:  # the stream and what is normalised are float32, and each matmul has a copy of its input
        norms, inputs = 4 * shape.hidden * 4, 5 * shape.hidden * itemsize
    attention = 2 * (shape.query + shape.key) * itemsize  # query, key, value, and the output
    if method.adapters == "peft" and method.bf16 and not method.compiled:
        # frozen matrices keep no input; their adapters copy it
        inputs, mlp = 0, mlp - shape.intermediate * itemsize
    return tokens * (norms + inputs + attention + mlp + 2 * 4)  # and of each norm one number a token


def _adapter_bytes(shape: ModelShape, wide: int, out: int, tokens: int, method: Method) -> int:
    """One adapted linear layer from `wide` to `out`."""
    itemsize = method.itemsize
    if method.adapters == "plain":  # x Aᵀ; A and s B in the type that is computed in
        ours = shape.rank * (wide + out if method.bf16 else out)
        return itemsize * (shape.rank * tokens + (0 if method.compiled else ours))
    kept = 4 * tokens * shape.rank  # x Aᵀ, in float32 as the adapter is
    if method.bf16:
        kept += 4 * tokens * wide  # and its input too
    if shape.dora:  # both products are scaled; norms of W + BA, for which peft multiplies A and B with the identity
        kept += tokens * out * (itemsize + 4) + 4 * (wide * wide + shape.rank * wide + 3 * out)
    return kept


def logit_bytes(vocabulary: int, tokens: int, itemsize: int, fused: bool = False) -> int:
    """Logits, in float32 once more, their softmax, the targets as booleans and as numbers, and the gradient.

    With a `fused` loss, logits and gradient alone.
    """
    exact = 4 if itemsize < 4 else 0
    return tokens * vocabulary * (2 * itemsize if fused else itemsize + exact + 3 * 4 + 1)


# ---------------------------------------------------------------- arithmetic


def training_flops(
    shape: ModelShape, tokens: float, pairs: float, labels: float, adapters: bool, checkpointing: bool = False
) -> float:
    """Floating-point operations of forward and backward passes over so many tokens.

    A matmul takes 2 for each weight and token, forward, and again for the gradient of its input, and of its weight
    if that is trained. `pairs` are those of a query and a key that it sees; `labels` the tokens with logits.
    """
    passes = (2 if adapters else 3) + checkpointing
    matmuls = 2 * passes * shape.linear * tokens
    low_rank = 4 * shape.trained * tokens if adapters else 0
    head = 2 * (2 if adapters else 3) * shape.vocabulary * shape.hidden * labels
    attention = (3 + checkpointing) * 4 * shape.query * shape.layers * pairs  # backward: twice as much as forward
    return matmuls + low_rank + head + attention


def moved_bytes(weights: int, trained: int, packs: float, steps: float) -> float:
    """What weights and optimizer state alone move: weights read in both passes of a pack; all states in a step."""
    return (
        2 * weights * packs + 28 * trained * steps
    )  # weight, gradient and two moments in float32, most of them both ways
