"""The ONNX graph of a BERT encoder with mean pooling, built from its weights by numpy: no torch is needed for it.

Devlin et al., BERT (2019), and Reimers and Gurevych, Sentence-BERT (2019). The plain operators are used: onnxruntime's
fused ones (attention, skip layer norm, bias gelu) gave the same vectors 0 to 15 % slower on a CPU.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, ValueInfoProto, helper, numpy_helper

OPSET = 20
IR_VERSION = 9
INPUT_IDS = "input_ids"
INPUT_WORDS = "words"
INPUT_MASK = "attention_mask"
OUTPUT = "sentence_embedding"

_FAR = 1e9
Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BertSizes:
    """The shape of an encoder."""

    width: int
    layers: int
    heads: int
    epsilon: float


class BertWeights(Protocol):
    """An encoder's weights under the names that Hugging Face's BertModel gives them."""

    @property
    def sizes(self) -> BertSizes:
        """The encoder's shape."""

    @property
    def words_outside(self) -> bool:
        """Whether the rows of the vocabulary are gathered outside the graph, as they are too many for it."""

    def array(self, name: str) -> Array:
        """Return a tensor in its own shape, linear layers as (out, in)."""


def build(weights: BertWeights) -> ModelProto:
    """Return the graph. Inputs (text, token): `input_ids` or the `words` of them, and `attention_mask`, as int64.

    The output (text, width) is the mean over the tokens of the last layer, not yet of unit length.
    """
    return _Builder(weights).model()


class _Builder:
    """Collects nodes and constants; a method that computes something returns the name of the result."""

    def __init__(self, weights: BertWeights) -> None:
        self._weights = weights
        self._sizes = weights.sizes
        self._nodes: list[NodeProto] = []
        self._constants: dict[str, TensorProto] = {}

    def model(self) -> ModelProto:
        mask = self._op("Cast", [INPUT_MASK], to=TensorProto.FLOAT)
        bias = self._attention_bias(mask)
        values = self._embedded()
        for layer in range(self._sizes.layers):
            values = self._layer(f"encoder.layer.{layer}", values, bias)
        self._pool(values, mask)
        graph = helper.make_graph(self._nodes, "bert", self._inputs(), self._outputs(), list(self._constants.values()))
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)

    def _inputs(self) -> list[ValueInfoProto]:
        mask = helper.make_tensor_value_info(INPUT_MASK, TensorProto.INT64, ["text", "token"])
        if self._weights.words_outside:
            shape = ("text", "token", self._sizes.width)
            return [helper.make_tensor_value_info(INPUT_WORDS, TensorProto.FLOAT, shape), mask]
        return [helper.make_tensor_value_info(INPUT_IDS, TensorProto.INT64, ["text", "token"]), mask]

    def _outputs(self) -> list[ValueInfoProto]:
        return [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["text", self._sizes.width])]

    # Parts of the encoder

    def _embedded(self) -> str:
        if self._weights.words_outside:
            words, shaped = INPUT_WORDS, INPUT_WORDS
        else:
            table = self._weight("embeddings.word_embeddings.weight")
            words, shaped = self._op("Gather", [table, INPUT_IDS]), INPUT_IDS
        # All tokens are of the first type, so that its row can be added to the positions once and for all.
        types = self._weights.array("embeddings.token_type_embeddings.weight")
        places = self._weights.array("embeddings.position_embeddings.weight") + types[0]
        length = self._op("Shape", [shaped], start=1, end=2)
        table, start, axis = self._floats("places", places), self._ints("start", [0]), self._ints("axis", [0])
        rows = self._op("Slice", [table, start, length, axis])
        return self._normalised(self._op("Add", [words, rows]), "embeddings.LayerNorm")

    def _attention_bias(self, mask: str) -> str:
        """Zero for tokens, far below zero for padding, in the shape of attention scores (text, head, from, to)."""
        spread = self._op("Unsqueeze", [mask, self._ints("over heads", [1, 2])])
        kept = self._op("Sub", [spread, self._floats("one", np.array(1, np.float32))])
        return self._op("Mul", [kept, self._floats("far", np.array(_FAR, np.float32))])

    def _layer(self, layer: str, values: str, bias: str) -> str:
        attended = self._linear(self._attention(layer, values, bias), f"{layer}.attention.output.dense")
        values = self._normalised(self._op("Add", [values, attended]), f"{layer}.attention.output.LayerNorm")
        wide = self._op("Gelu", [self._linear(values, f"{layer}.intermediate.dense")])
        narrow = self._linear(wide, f"{layer}.output.dense")
        return self._normalised(self._op("Add", [values, narrow]), f"{layer}.output.LayerNorm")

    def _attention(self, layer: str, values: str, bias: str) -> str:
        scale = (self._sizes.width // self._sizes.heads) ** -0.5
        query = self._heads(self._linear(values, f"{layer}.attention.self.query", scale), [0, 2, 1, 3])
        key = self._heads(self._linear(values, f"{layer}.attention.self.key"), [0, 2, 3, 1])
        value = self._heads(self._linear(values, f"{layer}.attention.self.value"), [0, 2, 1, 3])
        scores = self._op("Add", [self._op("MatMul", [query, key]), bias])
        mixed = self._op("MatMul", [self._op("Softmax", [scores], axis=-1), value])
        joined = self._op("Transpose", [mixed], perm=[0, 2, 1, 3])
        return self._op("Reshape", [joined, self._ints("joined", [0, 0, self._sizes.width])])

    def _heads(self, values: str, order: list[int]) -> str:
        heads, width = self._sizes.heads, self._sizes.width
        split = self._op("Reshape", [values, self._ints("heads", [0, 0, heads, width // heads])])
        return self._op("Transpose", [split], perm=order)

    def _pool(self, values: str, mask: str) -> None:
        held = self._op("Mul", [values, self._op("Unsqueeze", [mask, self._ints("over width", [2])])])
        over_tokens = self._ints("over tokens", [1])
        total = self._op("ReduceSum", [held, over_tokens], keepdims=0)
        count = self._op("ReduceSum", [mask, over_tokens], keepdims=1)
        self._nodes.append(helper.make_node("Div", [total, count], [OUTPUT], OUTPUT))

    # Building blocks

    def _linear(self, values: str, name: str, scale: float = 1.0) -> str:
        weight = self._floats(f"{name}.weight", self._weights.array(f"{name}.weight").T * np.float32(scale))
        bias = self._floats(f"{name}.bias", self._weights.array(f"{name}.bias") * np.float32(scale))
        return self._op("Add", [self._op("MatMul", [values, weight]), bias])

    def _normalised(self, values: str, name: str) -> str:
        inputs = [values, self._weight(f"{name}.weight"), self._weight(f"{name}.bias")]
        return self._op("LayerNormalization", inputs, axis=-1, epsilon=self._sizes.epsilon)

    def _weight(self, name: str) -> str:
        return self._floats(name, self._weights.array(name))

    def _floats(self, name: str, value: NDArray[np.generic]) -> str:
        return self._constant(name, lambda: np.ascontiguousarray(value, dtype=np.float32))

    def _ints(self, name: str, value: list[int]) -> str:
        return self._constant(name, lambda: np.array(value, np.int64))

    def _constant(self, name: str, make: Callable[[], NDArray[np.generic]]) -> str:
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(make(), name)
        return name

    def _op(self, kind: str, inputs: Sequence[str], **attributes: int | float | list[int]) -> str:
        name = f"{kind}_{len(self._nodes)}"
        node = helper.make_node(kind, list(inputs), [name], name)
        node.attribute.extend(helper.make_attribute(key, value) for key, value in attributes.items())
        self._nodes.append(node)
        return name
