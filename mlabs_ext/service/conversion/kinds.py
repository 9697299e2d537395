"""The layers that can be converted: their settings and weights, as TensorFlow.js calls them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Kind:
    """`settings` are passed on, `only` must have one of these values, `idle` change nothing."""

    settings: tuple[str, ...] = ()
    weights: Callable[[dict[str, Any]], tuple[str, ...]] = lambda config: ()
    only: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    idle: tuple[str, ...] = ()


def of(*parts: str) -> tuple[str, ...]:
    """The settings that belong to weights of these names."""
    return tuple(f"{part}_{what}" for part in parts for what in ("initializer", "regularizer", "constraint"))


def _with_bias(*names: str) -> Callable[[dict[str, Any]], tuple[str, ...]]:
    return lambda config: (*names, "bias") if config.get("use_bias", True) else names


def _normalized(config: dict[str, Any]) -> tuple[str, ...]:
    return tuple(
        name
        for name, use in (("gamma", "scale"), ("beta", "center"))
        if config.get(use, True) in (True, None)
    )


LAST = {"data_format": ("channels_last", None)}
CONVOLUTION = ("filters", "kernel_size", "strides", "padding", "activation", "use_bias")
KERNEL = ("kernel", "bias")
SAME = {"padding": ("valid", "same")}
RECURRENT = (
    *("units", "activation", "use_bias", "dropout", "recurrent_dropout", "return_sequences", "return_state"),
    *("go_backwards", "stateful", *of("kernel", "recurrent", "bias")),
)
IN_ORDER = {"time_major": (False, None)}
UNHEEDED = ("implementation", "unroll", "seed", "use_cudnn", "input_length")
recurrent = _with_bias("kernel", "recurrent_kernel")


def _convolution(*more: str, **only: tuple[Any, ...]) -> Kind:
    settings = (*CONVOLUTION, *more, *of(*KERNEL))
    return Kind(settings, _with_bias("kernel"), {**LAST, **SAME, "groups": (1, None), **only})


def _pooling() -> Kind:
    return Kind(("pool_size", "strides", "padding"), only={**LAST, **SAME})


ONCE = {"dilation_rate": (1, [1], [1, 1], [1, 1, 1], None), "output_padding": (None,)}
SEED = ("seed", "noise_shape")

KINDS: dict[str, Kind] = {
    "InputLayer": Kind(("batch_input_shape",), idle=("sparse", "ragged", "optional")),
    "Dense": Kind(("units", "activation", "use_bias", *of(*KERNEL)), _with_bias("kernel")),
    "Conv1D": _convolution("dilation_rate"),
    "Conv2D": _convolution("dilation_rate"),
    "Conv3D": _convolution(dilation_rate=ONCE["dilation_rate"]),
    "Conv2DTranspose": _convolution(**ONCE),
    "Conv3DTranspose": _convolution(**ONCE),
    "DepthwiseConv2D": Kind(
        (
            "kernel_size",
            "strides",
            "padding",
            "depth_multiplier",
            "dilation_rate",
            "activation",
            "use_bias",
            *of("depthwise", "bias"),
        ),
        _with_bias("depthwise_kernel"),
        {**LAST, **SAME},
        ("groups", *of("kernel")),
    ),
    "SeparableConv2D": Kind(
        (*CONVOLUTION, "depth_multiplier", "dilation_rate", *of("depthwise", "pointwise", "bias")),
        _with_bias("depthwise_kernel", "pointwise_kernel"),
        {**LAST, **SAME},
        ("groups", *of("kernel")),
    ),
    "BatchNormalization": Kind(
        (
            "axis",
            "momentum",
            "epsilon",
            "center",
            "scale",
            *of("beta", "gamma"),
            "moving_mean_initializer",
            "moving_variance_initializer",
        ),
        lambda config: (*_normalized(config), "moving_mean", "moving_variance"),
        idle=("fused", "mode", "renorm_momentum"),
    ),
    "LayerNormalization": Kind(
        (
            "axis",
            "epsilon",
            "center",
            "scale",
            "beta_initializer",
            "beta_regularizer",
            "gamma_initializer",
            "gamma_regularizer",
        ),
        _normalized,
        idle=("beta_constraint", "gamma_constraint"),
    ),
    "Embedding": Kind(
        ("input_dim", "output_dim", "mask_zero", "input_length", *of("embeddings")),
        lambda config: ("embeddings",),
        # Keras 2.0 wrote them, and used neither.
        idle=("dropout",),
    ),
    "SimpleRNN": Kind(RECURRENT, recurrent, IN_ORDER, UNHEEDED),
    "LSTM": Kind((*RECURRENT, "recurrent_activation", "unit_forget_bias"), recurrent, IN_ORDER, UNHEEDED),
    "GRU": Kind((*RECURRENT, "recurrent_activation", "reset_after"), recurrent, IN_ORDER, UNHEEDED),
    "ResetAfterGRU": Kind((*RECURRENT, "recurrent_activation"), recurrent, idle=(*UNHEEDED, "reset_after")),
    "Bidirectional": Kind(("merge_mode",), idle=("layer", "backward_layer")),
    "TimeDistributed": Kind(idle=("layer",)),
    "Activation": Kind(("activation",)),
    "ReLU": Kind(("max_value",), only={"negative_slope": (0, 0.0, None), "threshold": (0, 0.0, None)}),
    "LeakyReLU": Kind(("alpha",)),
    "PReLU": Kind(("shared_axes", *of("alpha")), lambda config: ("alpha",)),
    "ELU": Kind(("alpha",), only={"alpha": (1, 1.0, None)}),
    "ThresholdedReLU": Kind(("theta",)),
    "Softmax": Kind(("axis",)),
    "Dropout": Kind(("rate", "noise_shape"), idle=("seed",)),
    "SpatialDropout1D": Kind(("rate",), idle=SEED),
    "GaussianNoise": Kind(("stddev",), idle=("seed",)),
    "GaussianDropout": Kind(("rate",), idle=("seed",)),
    "AlphaDropout": Kind(("rate",), idle=SEED),
    "Flatten": Kind(only=LAST),
    "Reshape": Kind(("target_shape",)),
    "Permute": Kind(("dims",)),
    "RepeatVector": Kind(("n",)),
    "Masking": Kind(("mask_value",)),
    "Rescaling": Kind(("scale", "offset")),
    "Add": Kind(),
    "Average": Kind(),
    "Maximum": Kind(),
    "Minimum": Kind(),
    "Multiply": Kind(),
    "Concatenate": Kind(("axis",)),
    "Dot": Kind(("axes", "normalize")),
    "UpSampling2D": Kind(("size",), only={**LAST, "interpolation": ("nearest", None)}),
    "Cropping2D": Kind(("cropping",), only=LAST),
    "ZeroPadding2D": Kind(("padding",), only=LAST),
    **{f"{kind}Pooling{rank}D": _pooling() for kind in ("Max", "Average") for rank in (1, 2, 3)},
    **{f"Global{kind}Pooling{rank}D": Kind(only=LAST) for kind in ("Max", "Average") for rank in (1, 2)},
}
# What every layer may have, and what says how it was saved.
COMMON = frozenset(
    ("name", "trainable", "dtype", "batch_input_shape", "batch_shape", "activity_regularizer", "input_dtype")
)
