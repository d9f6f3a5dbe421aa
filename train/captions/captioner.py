"""Captions for photos, from a saved model: vectors in, Japanese out.

B photos, D components of a photo's vector.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from dataset.text.captions import join, normalise
from dataset.text.vocabulary import BOS, EOS, PAD, UNK, Vocabulary
from featurize.options import FeatureOptions
from store.errors import UsageError, UserError
from store.options import Options
from train.captions.constraints import Constraint, ForbiddenWords, NoRepeat, Rules
from train.captions.decode import Hypothesis, Steps, beam, greedy, sample

LARGEST_STEP = 2**24
"""Log-probabilities that one step may hold at a time: 64 MiB of float32."""


class Decoding(Options, strict=False):
    """How captions are drawn from a model."""

    strategy: Literal["greedy", "beam", "sample"] = "beam"
    """`greedy` takes the likeliest token each time, `beam` searches, `sample` draws at random."""
    n: int = Field(1, ge=1, le=100)
    """Captions per photo; greedy has only one."""
    beam_width: int = Field(3, ge=1, le=100)
    """Unfinished captions that a beam search keeps; at least n are kept."""
    length_normalisation: float = Field(0.0, ge=0, le=4)
    """Beams are ranked by log-probability divided by length to this power; 0 favours short captions."""
    no_repeat: int | None = Field(None, ge=1, le=20)
    """No run of this many tokens comes twice in a caption; null allows all."""
    temperature: float = Field(1.0, ge=0.01, le=100)
    """Sampling divides log-probabilities by it: below 1 plays safe, above 1 is bolder."""
    top_k: int | None = Field(None, ge=1)
    """Sampling draws among this many likeliest tokens; null means all."""
    top_p: float | None = Field(None, gt=0, le=1)
    """Sampling draws among the fewest tokens that together hold this probability; null means all."""
    seed: int = Field(0, ge=0, lt=2**63)
    """The same photo, settings and seed give the same samples, whatever else is in the batch."""
    max_tokens: int | None = Field(None, ge=1, le=1000)
    """Longer captions are not drawn; null means as long as the model was trained for."""
    forbidden: tuple[str, ...] = Field((), max_length=100)
    """Words that no caption may hold, not even across tokens."""
    unknown: bool = False
    """Whether captions may hold <UNK>, which stands for words that the model does not know."""


@dataclass(frozen=True)
class Caption:
    """One caption of a model.

    `token_log_probabilities` are the model's own, in nats: one per token, then that of ending there.
    `log_probability` is their sum, so that of the whole caption given the photo.
    """

    text: str
    tokens: tuple[str, ...]
    log_probability: float
    token_log_probabilities: tuple[float, ...]


class Captioner:
    """A model with its vocabulary, ready to write.

    Args:
        model: steps over the vocabulary's ids.
        vocabulary: the text of the ids.
        dimensions: D of the vectors that the model reads.
        features: the settings that its vectors were made with; `FeatureOptions` takes them.
        features_key: the folder under data/features that holds such vectors.
        max_tokens: the longest caption by default.
    """

    def __init__(
        self,
        model: Steps,
        vocabulary: Vocabulary,
        *,
        dimensions: int,
        features: Mapping[str, Any] | None = None,
        features_key: str = "features",
        max_tokens: int = 50,
    ) -> None:
        self.vocabulary, self.dimensions = vocabulary, dimensions
        self.features, self.features_key = dict(features or {}), features_key
        self._model, self._max_tokens = model, max_tokens

    @classmethod
    def load(cls, model_dir: Path, device: str = "cpu") -> Self:
        """Read a run's `model/`; nothing in it is unpickled.

        Raises:
            UserError: there is no model, or its files are damaged or do not belong together.
        """
        from train.arithmetic.fused_decoder import FusedDecoder
        from train.artifact import load

        artifact = load(model_dir, device)
        config = artifact.config
        return cls(
            FusedDecoder(artifact.model) if device == "cpu" else artifact.model,
            artifact.vocabulary,
            dimensions=config.sizes.vector,
            features=config.features.options,
            features_key=config.features.key,
            max_tokens=config.max_tokens,
        )

    def feature_options(self) -> FeatureOptions:
        """Return the settings of the network that makes such vectors as the model reads.

        Raises:
            UserError: they were written by another version of Bokeru.
        """
        try:
            return FeatureOptions.model_validate_json(json.dumps(self.features))
        except ValidationError as error:
            raise UserError(
                f"The model's features settings cannot be read: {error.errors()[0]['msg']}. "
                "It was trained by another version: train it again, or use that version"
            ) from None

    def caption(self, vectors: NDArray[np.float32], **settings: Any) -> list[list[Caption]]:
        """Write captions for photos.

        Args:
            vectors: (B, D) float32, raw, as the features stage stores them.
            settings: those of `Decoding`.

        Returns:
            For each photo its captions, best first (samples: as drawn). A list may be shorter than n, where
            rules leave fewer captions, but is never empty.

        Raises:
            UsageError: a setting that does not exist or cannot be; forbidden words that leave no word.
            UserError: vectors of another length than the model reads.
        """
        decoding = decoding_of(settings)
        vectors = np.asarray(vectors, np.float32)
        if vectors.ndim != 2 or vectors.shape[1] != self.dimensions:
            raise UserError(
                f"The model reads photo vectors of {self.dimensions} components, not an array of shape "
                f"{vectors.shape}. Use the vectors that it was trained on: {self.features_key}"
            )
        rules = self._rules(decoding)
        return [
            [self._caption(hypothesis) for hypothesis in hypotheses]
            for batch in self._batches(vectors, decoding)
            for hypotheses in self._draw(batch, rules, decoding)
        ]

    def _rules(self, decoding: Decoding) -> Rules:
        banned = {PAD} if decoding.unknown else {PAD, UNK}
        constraints: list[Constraint] = [NoRepeat(decoding.no_repeat)] if decoding.no_repeat else []
        words = list(filter(None, map(normalise, decoding.forbidden)))
        if words:
            forbidden = ForbiddenWords(words, self.vocabulary.tokens)
            banned.update(forbidden.tokens)
            constraints.append(forbidden)
        if len(banned | {BOS, EOS}) >= len(self.vocabulary):
            raise UsageError(
                f"The forbidden words leave none of the model's {len(self.vocabulary)} tokens. Forbid fewer"
            )
        longest = decoding.max_tokens or self._max_tokens
        return Rules(BOS, EOS, longest, 1, tuple(sorted(banned)), tuple(constraints))

    def _batches(self, vectors: NDArray[np.float32], decoding: Decoding) -> Iterator[NDArray[np.float32]]:
        rows = {"greedy": 1, "beam": max(decoding.beam_width, decoding.n), "sample": decoding.n}
        photos = max(1, LARGEST_STEP // (len(self.vocabulary) * rows[decoding.strategy]))
        for start in range(0, len(vectors), photos):
            yield vectors[start : start + photos]

    def _draw(
        self, vectors: NDArray[np.float32], rules: Rules, decoding: Decoding
    ) -> Sequence[Sequence[Hypothesis]]:
        device = getattr(self._model, "xp", np).asarray(vectors)
        if decoding.strategy == "greedy":
            return [[hypothesis] for hypothesis in greedy(self._model, device, rules)]
        if decoding.strategy == "beam":
            return beam(
                self._model,
                device,
                rules,
                width=max(decoding.beam_width, decoding.n),
                length_normalisation=decoding.length_normalisation,
                n=decoding.n,
            )
        n = decoding.n
        seeds = [seed for vector in vectors for seed in _seeds(decoding.seed, vector, n)]
        drawn = sample(
            self._model,
            device.repeat(n, axis=0),
            rules,
            seeds=seeds,
            temperature=decoding.temperature,
            top_k=decoding.top_k,
            top_p=decoding.top_p,
        )
        return [drawn[photo : photo + n] for photo in range(0, len(drawn), n)]

    def _caption(self, hypothesis: Hypothesis) -> Caption:
        tokens = tuple(self.vocabulary.tokens[token] for token in hypothesis.tokens)
        trace = hypothesis.log_probabilities
        return Caption(join(tokens), tokens, sum(trace), trace)


def decoding_of(settings: Mapping[str, Any]) -> Decoding:
    """Return settings as `Decoding`.

    Raises:
        UsageError: one does not exist or cannot be; the message names it and what it may be.
    """
    try:
        return Decoding.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            raise UsageError(
                f"There is no decoding setting {name!r}. There are: {', '.join(Decoding.model_fields)}"
            ) from None
        raise UsageError(f"{name} cannot be {first['input']!r}: {first['msg']}") from None


def _seeds(seed: int, vector: NDArray[np.float32], n: int) -> list[tuple[int, int, int]]:
    """Return a seed for each of a photo's n draws, made from the photo and not its place in a batch."""
    photo = int.from_bytes(hashlib.blake2b(vector.tobytes(), digest_size=8).digest())
    return [(seed, photo, draw) for draw in range(n)]
