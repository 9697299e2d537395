"""Twenty-eight kinds of networks, in words that Keras 2 and 3 both understand, for `record_models.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Keras = Any
ARCHITECTURES: dict[str, Callable[[Keras], Any]] = {}


def architecture(make: Callable[[Keras], Any]) -> Callable[[Keras], Any]:
    ARCHITECTURES[make.__name__] = make
    return make


def legacy(k: Keras) -> bool:
    """Whether it is Keras 2, which has what Keras 3 dropped."""
    return k.__version__.startswith("2")


@architecture
def dense_sequential(k: Keras) -> Any:
    L = k.layers
    return k.Sequential(
        [k.Input((4,)), L.Dense(5, activation="relu"), L.Dropout(0.3), L.Dense(3, activation="softmax")]
    )


@architecture
def dense_functional(k: Keras) -> Any:
    L, x = k.layers, k.Input((6,), name="measures")
    y = L.Dense(5, activation="tanh", kernel_regularizer=k.regularizers.L2(0.01))(x)
    y = L.Dense(4, activation="elu", use_bias=False, kernel_initializer="he_normal")(y)
    return k.Model(x, [L.Dense(1, activation="sigmoid", name="answer")(y), L.Dense(2, name="other")(y)])


@architecture
def many_activations(k: Keras) -> Any:
    L, x = k.layers, k.Input((5,))
    names = ("relu", "relu6", "selu", "softplus", "softsign", "swish", "gelu", "sigmoid", "linear")
    names += ("mish", "silu", "log_softmax", *(("hard_sigmoid",) if legacy(k) else ()))
    parts = [L.Dense(3, activation=name)(x) for name in names]
    parts += [L.LeakyReLU()(x), L.ReLU(max_value=1.0)(x), L.ELU()(x), L.PReLU()(x), L.Softmax()(x)]
    parts += [L.ThresholdedReLU(0.2)(x)] if legacy(k) else []
    return k.Model(x, L.Concatenate()([*parts, L.Activation("tanh")(x)]))


@architecture
def several_inputs(k: Keras) -> Any:
    L = k.layers
    a, b, c = k.Input((3,), name="a"), k.Input((3,), name="b"), k.Input((2,), name="c")
    merged = L.Concatenate()([L.Add()([a, b]), L.Multiply()([a, b]), L.Maximum()([a, b]), c])
    merged = L.Concatenate()([merged, L.Average()([a, b]), L.Minimum()([a, b]), L.Dot(axes=1)([a, b])])
    return k.Model([a, b, c], L.Dense(2)(merged))


@architecture
def residual(k: Keras) -> Any:
    L, x = k.layers, k.Input((6, 6, 2))
    y = L.Conv2D(2, 3, padding="same")(L.RandomFlip()(x))
    y = L.BatchNormalization()(y)
    y = L.Activation("relu")(y)
    y = L.Add()([x, y])
    return k.Model(x, L.Conv2D(2, 1)(L.GlobalAveragePooling2D(keepdims=True)(y)))


@architecture
def convolution(k: Keras) -> Any:
    L = k.layers
    return k.Sequential(
        [
            k.Input((8, 8, 3)),
            L.Conv2D(4, 3, activation="relu"),
            L.MaxPooling2D(2),
            L.Conv2D(3, (2, 3), strides=1, padding="same", dilation_rate=1),
            L.AveragePooling2D(2, strides=1, padding="same"),
            L.Flatten(),
            L.Dense(2, activation="softmax"),
        ]
    )


@architecture
def convolution_normalized(k: Keras) -> Any:
    L = k.layers
    return k.Sequential(
        [
            k.Input((6, 6, 2)),
            L.Conv2D(4, 3, use_bias=False, dilation_rate=2),
            L.BatchNormalization(scale=False),
            L.LeakyReLU(),
            L.GlobalMaxPooling2D(),
            L.BatchNormalization(center=False),
            L.Dense(2),
        ]
    )


@architecture
def depthwise(k: Keras) -> Any:
    L = k.layers
    layers = [k.Input((7, 7, 3)), L.DepthwiseConv2D(3, depth_multiplier=2, strides=2, padding="same")]
    return k.Sequential([*layers, L.ReLU(6.0), L.Conv2D(2, 1), L.Flatten()])


@architecture
def separable(k: Keras) -> Any:
    L = k.layers
    return k.Sequential(
        [
            k.Input((7, 7, 3)),
            L.SeparableConv2D(4, 3, activation="relu", depth_multiplier=2),
            L.GlobalMaxPooling2D(),
        ]
    )


@architecture
def transposed(k: Keras) -> Any:
    L, x, solid = k.layers, k.Input((4, 4, 2)), k.Input((4, 5, 4, 1))
    y = L.Conv2DTranspose(3, 3, strides=2, padding="same")(x)
    y = L.Conv2D(1, 3)(L.UpSampling2D(2)(y))
    z = L.MaxPooling3D(2, strides=1)(L.Conv3D(2, 2, activation="relu")(solid))
    z = L.Conv3DTranspose(2, 2, strides=2)(L.SpatialDropout3D(0.2)(z))
    return k.Model([x, solid], [y, L.AveragePooling3D(2)(z)])


@architecture
def cut_and_padded(k: Keras) -> Any:
    L, x = k.layers, k.Input((6, 5, 2))
    y = L.ZeroPadding2D(((1, 2), (0, 1)))(x)
    y = L.Cropping2D(((1, 0), (1, 1)))(y)
    y = L.SpatialDropout2D(0.2)(y)
    y = L.Permute((2, 1, 3))(y)
    y = L.Reshape((4, 16))(L.Conv2D(2, 1)(y))
    return k.Model(x, L.RepeatVector(2)(L.Flatten()(y)))


@architecture
def convolution_1d(k: Keras) -> Any:
    L = k.layers
    return k.Sequential(
        [
            k.Input((12, 3)),
            L.Conv1D(4, 3, activation="relu", strides=2),
            L.MaxPooling1D(2),
            L.SpatialDropout1D(0.1),
            L.Conv1D(2, 2, padding="same", dilation_rate=2),
            L.GlobalAveragePooling1D(),
        ]
    )


@architecture
def convolution_causal(k: Keras) -> Any:
    L = k.layers
    return k.Sequential(
        [
            k.Input((10, 3)),
            L.Conv1D(4, 3, padding="causal", activation="relu"),
            L.Conv1D(4, 2, padding="causal", dilation_rate=4),
            L.Conv1D(2, 2, padding="causal", strides=2),
            L.Flatten(),
            L.Dense(2),
        ]
    )


@architecture
def steps_1d(k: Keras) -> Any:
    L, x = k.layers, k.Input((8, 3))
    y = L.ZeroPadding1D((1, 2))(x)
    y = L.SeparableConv1D(4, 3, activation="relu")(y)
    y = L.UpSampling1D(2)(L.DepthwiseConv1D(2, padding="same")(y))
    y = L.Cropping1D((1, 0))(y)
    y = L.AveragePooling1D(3)(y)
    return k.Model(x, L.Conv1D(2, 1)(L.GlobalMaxPooling1D(keepdims=True)(y)))


@architecture
def lstm(k: Keras) -> Any:
    L = k.layers
    return k.Sequential([k.Input((5, 3)), L.LSTM(4, dropout=0.1), L.Dense(2, activation="softmax")])


@architecture
def lstm_stacked(k: Keras) -> Any:
    L, x = k.layers, k.Input((None, 3))
    y = L.LSTM(4, return_sequences=True, go_backwards=True, unit_forget_bias=False)(x)
    y = L.SimpleRNN(3, return_sequences=True)(y)
    return k.Model(x, L.LSTM(2, use_bias=False)(y))


@architecture
def gru_reset_before(k: Keras) -> Any:
    L = k.layers
    layers = [L.GRU(4, reset_after=False, return_sequences=True), L.GRU(2, reset_after=False)]
    return k.Sequential([k.Input((5, 3)), *layers])


@architecture
def gru(k: Keras) -> Any:
    L = k.layers
    return k.Sequential(
        [k.Input((5, 3)), L.GRU(4, return_sequences=True), L.Bidirectional(L.GRU(2)), L.Dense(2)]
    )


@architecture
def bidirectional(k: Keras) -> Any:
    L, x = k.layers, k.Input((5, 3))
    y = L.Bidirectional(L.LSTM(3, return_sequences=True))(x)
    return k.Model(x, L.Bidirectional(L.SimpleRNN(2), merge_mode="sum")(y))


@architecture
def time_distributed(k: Keras) -> Any:
    L = k.layers
    inner = k.Sequential([k.Input((5,)), L.Dense(3, activation="relu"), L.Dense(2)])
    return k.Sequential(
        [k.Input((4, 6)), L.TimeDistributed(L.Dense(5)), L.TimeDistributed(inner), L.Flatten()]
    )


@architecture
def embedding(k: Keras) -> Any:
    L = k.layers
    return k.Sequential(
        [k.Input((6,), dtype="int32"), L.Embedding(9, 4), L.GlobalAveragePooling1D(), L.Dense(2)]
    )


@architecture
def embedding_masked(k: Keras) -> Any:
    L, x, measures = k.layers, k.Input((6,), dtype="int32"), k.Input((5, 3))
    y = L.LSTM(3)(L.Embedding(9, 4, mask_zero=True)(x))
    z = L.SimpleRNN(2)(L.GRU(3, reset_after=False, return_sequences=True)(L.Masking(0.0)(measures)))
    return k.Model([x, measures], L.Dense(2)(L.Concatenate()([y, z])))


@architecture
def nested(k: Keras) -> Any:
    L = k.layers
    x = k.Input((4,))
    inner = k.Model(x, L.BatchNormalization()(L.Dense(3, name="dense")(x)), name="inner")
    last = k.Sequential(
        [k.Input((3,)), L.Dense(2, name="dense"), L.BatchNormalization(name="norm")], name="last"
    )
    a, b = k.Input((4,)), k.Input((4,))
    one, two = inner(a), inner(L.Dense(4, name="own")(b))
    return k.Model([a, b], [last(L.Add()([one, two])), inner(L.Dense(4, name="late")(a)), last(one)])


@architecture
def shared(k: Keras) -> Any:
    L, a, b = k.layers, k.Input((5,)), k.Input((5,))
    layer, difference = L.Dense(4, activation="tanh"), L.Subtract()
    return k.Model([a, b], L.Dense(1)(difference([layer(a), layer(b)])))


@architecture
def normalization(k: Keras) -> Any:
    L, x = k.layers, k.Input((4,))
    y = L.Normalization()(x)
    y = L.LayerNormalization()(L.Dense(5)(y))
    y = L.Normalization(mean=2.0, variance=3.0)(L.Rescaling(0.5, offset=1.0)(y))
    y = L.AlphaDropout(0.1)(L.GaussianDropout(0.1)(L.GaussianNoise(0.1)(y)))
    return k.Model(x, L.ActivityRegularization(l2=0.1)(y))


@architecture
def attention(k: Keras) -> Any:
    L, x = k.layers, k.Input((5, 6))
    y = L.LayerNormalization(epsilon=1e-6)(L.Add()([x, L.MultiHeadAttention(2, 3, dropout=0.1)(x, x)]))
    y = L.MultiHeadAttention(1, 4, value_dim=2, use_bias=False)(y, value=x, key=x)
    return k.Model(x, L.Dense(2)(L.GlobalAveragePooling1D()(y)))


@architecture
def lambdas(k: Keras) -> Any:
    L = k.layers
    return k.Sequential([k.Input((4,)), L.Dense(3), L.Lambda(lambda x: x * 2), L.Dense(1)])


@architecture
def operations(k: Keras) -> Any:
    L, x = k.layers, k.Input((4,))
    return k.Model(x, L.Dense(2)(x * 2.0 + 1.0))


REFUSED = {"lambdas", "operations"}
