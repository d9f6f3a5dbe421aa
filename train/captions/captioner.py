"""Captions for photos, from a saved model: vectors in, Japanese out.

B photos, D components of a photo's vector, n captions per photo.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from dataset.text.captions import join, normalise
from dataset.text.vocabulary import BOS, EOS, PAD, UNK, Vocabulary
from featurize.feeding.saved import DIGEST, saved_options
from featurize.options import FeatureOptions
from store.errors import UsageError, UserError
from train.arithmetic.arithmetic import Decoder, choose
from train.captions.beam import beam
from train.captions.constraints import Constraint, ForbiddenWords, NoRepeat, Rules
from train.captions.decode import Hypothesis, Watched, greedy, greedy_and_sample, sample
from train.captions.options import DecodingOptions, parse_decoding

if TYPE_CHECKING:
    from train.artifact import Artifact

MAX_STEP_LOGITS = 2**24
"""Logits of one step of a batch: 64 MiB of float32."""


@dataclass(frozen=True)
class Caption:
    """One generated caption.

    Attributes:
        tokens: as in the vocabulary, without <BOS> and <EOS>.
        log_probability: of the whole caption given the photo, in nats: the sum of the tokens'.
        score: what captions of a photo are in the order of: the log-probability, but of a beam search with a
            length normalisation divided by length to that power.
        token_log_probabilities: the model's own, whatever rules applied: one per token, then that of <EOS>.
    """

    text: str
    tokens: tuple[str, ...]
    log_probability: float
    token_log_probabilities: tuple[float, ...]
    score: float


class Captioner:
    """A model with its vocabulary, ready to write captions.

    Args:
        model: gives the logits of the next token, over the vocabulary's ids.
        vocabulary: the tokens of the ids.
        dimensions: D of the vectors that the model reads.
        features: the settings that its vectors were made with; `FeatureOptions` takes them.
        features_key: the folder under data/features that holds such vectors.
        max_tokens: the longest caption unless the settings say otherwise.
        device: Chainer's device of the model; None is the CPU.
    """

    def __init__(
        self,
        model: Decoder,
        vocabulary: Vocabulary,
        *,
        dimensions: int,
        features: Mapping[str, Any] | None = None,
        features_key: str = "features",
        max_tokens: int = 50,
        device: Any = None,
    ) -> None:
        self.vocabulary, self.dimensions = vocabulary, dimensions
        self.features, self.features_key = dict(features or {}), features_key
        self._model, self._max_tokens, self._device = model, max_tokens, device

    @classmethod
    def load(cls, model_dir: Path, device: Any = "cpu") -> Self:
        """Read a run's `model/`; nothing in it is unpickled.

        Args:
            device: `cpu`, or Chainer's device that captions are written on.

        Raises:
            UserError: there is no model, or its files are damaged or do not belong together.
        """
        # Imported here: Numba and Chainer take seconds, and settings are checked before a model is read.
        from train.artifact import load

        return cls.of(load(model_dir, device))

    @classmethod
    def of(cls, artifact: "Artifact") -> Self:
        """Return the captioner of a model as it is now; later training does not change it."""
        config = artifact.config
        return cls(
            choose(artifact.model.xp).decoder(artifact.model),
            artifact.vocabulary,
            dimensions=config.sizes.vector,
            features=config.features.options,
            features_key=config.features.key,
            max_tokens=config.max_tokens,
            device=artifact.model.device,
        )

    def feature_options(self) -> FeatureOptions:
        """Return the features settings that make the vectors which the model reads.

        Raises:
            UserError: they were written by another version of Bokeru.
        """
        try:
            return saved_options(self.features)
        except UserError as error:
            raise UserError(
                f"The model cannot be used: {error}. Train it again, or use that version"
            ) from None

    @property
    def weights_digest(self) -> object:
        """What identifies the weights file of the vectors that the model reads; None where none is kept."""
        return self.features.get(DIGEST)

    def watched(self, check: Callable[[], None]) -> Self:
        """Return this captioner with `check` called before each step; what it raises ends the captions."""
        watched = copy(self)
        watched._model = Watched(self._model, check)
        return watched

    def caption(self, vectors: NDArray[np.float32], **settings: Any) -> list[list[Caption]]:
        """Write captions for photos.

        Args:
            vectors: (B, D) float32, raw, as the features stage stores them.
            settings: those of `train.captions.options.DecodingOptions`.

        Returns:
            For each photo its captions, the highest score first. A list is shorter than n where the rules
            allow fewer captions.

        Raises:
            UsageError: a setting that does not exist, or a value it cannot have; forbidden words that leave
                no token; a mismatch, which `train.captions.mismatch` writes.
            UserError: vectors of another length than the model reads.
        """
        decoding = parse_decoding(settings)
        if decoding.strategy == "mismatch":
            raise UsageError("A mismatch is written for other photos. Call train.captions.mismatch.mismatch")
        if decoding.strategy == "best-of":
            raise UsageError("The best of several are chosen by a ranker. Call train.ranking.best_of.best_of")
        vectors, rules = self._checked(vectors), self._rules(decoding)
        # The current device, too: CuPy puts there what names none.
        with self._device.create_context() if self._device else nullcontext():
            return [
                self._captions(hypotheses, decoding)
                for batch in self._batches(vectors, decoding)
                for hypotheses in self._decode(batch, rules, decoding)
            ]

    def likeliest_and_drawn(self, vectors: NDArray[np.float32], seed: int) -> list[tuple[Caption, Caption]]:
        """Write two captions for each of a few photos in one batch: `greedy`, and `sample` with a seed.

        Args:
            vectors: (B, D) float32, raw.

        Raises:
            UserError: vectors of another length than the model reads.
        """
        decoding, vectors = DecodingOptions(), self._checked(vectors)
        seeds = [each for vector in vectors for each in _seeds(seed, vector, 1)]
        with self._device.create_context() if self._device else nullcontext():
            found = greedy_and_sample(self._model, vectors, self._rules(decoding), seeds=seeds)
        likeliest, drawn = ([self._captions([one], decoding)[0] for one in each] for each in found)
        return list(zip(likeliest, drawn, strict=True))

    def _checked(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return vectors (B, D) as float32.

        Raises:
            UserError: they have another length than the model reads.
        """
        vectors = np.asarray(vectors, np.float32)
        if vectors.ndim != 2 or vectors.shape[1] != self.dimensions:
            raise UserError(
                f"The model reads photo vectors of {self.dimensions} components, not an array of shape "
                f"{vectors.shape}. Use the vectors that it was trained on: {self.features_key}"
            )
        return vectors

    def _rules(self, decoding: DecodingOptions) -> Rules:
        """Return what the settings and the vocabulary allow."""
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
        max_tokens = decoding.max_tokens or self._max_tokens
        return Rules(BOS, EOS, max_tokens, 1, tuple(sorted(banned)), tuple(constraints))

    def _batches(
        self, vectors: NDArray[np.float32], decoding: DecodingOptions
    ) -> Iterator[NDArray[np.float32]]:
        """Yield some photos at a time, so that a step's logits fit into memory."""
        rows = {"greedy": 1, "beam": max(decoding.beam_width, decoding.n), "sample": decoding.n}
        photos = max(1, MAX_STEP_LOGITS // (len(self.vocabulary) * rows[decoding.strategy]))
        for start in range(0, len(vectors), photos):
            yield vectors[start : start + photos]

    def _decode(
        self, vectors: NDArray[np.float32], rules: Rules, decoding: DecodingOptions
    ) -> Sequence[Sequence[Hypothesis]]:
        """Return the hypotheses of each photo of vectors (B, D)."""
        if decoding.strategy == "greedy":
            return [[hypothesis] for hypothesis in greedy(self._model, vectors, rules)]
        if decoding.strategy == "beam":
            return beam(
                self._model,
                vectors,
                rules,
                width=max(decoding.beam_width, decoding.n),
                length_normalisation=decoding.length_normalisation,
                n=decoding.n,
            )
        n = decoding.n
        seeds = [seed for vector in vectors for seed in _seeds(decoding.seed, vector, n)]
        sampled = sample(
            self._model,
            vectors.repeat(n, axis=0),  # (B * n, D): a photo's samples are neighbours
            rules,
            seeds=seeds,
            temperature=decoding.temperature,
            top_k=decoding.top_k,
            top_p=decoding.top_p,
        )
        return [sampled[first : first + n] for first in range(0, len(sampled), n)]

    def _captions(self, hypotheses: Sequence[Hypothesis], decoding: DecodingOptions) -> list[Caption]:
        """Return the captions of one photo, the highest score first."""
        captions = []
        for one in hypotheses:
            tokens = tuple(self.vocabulary.tokens[token] for token in one.tokens)
            log_probability = sum(one.log_probabilities)
            score = one.score if decoding.is_normalised else log_probability
            captions.append(Caption(join(tokens), tokens, log_probability, one.log_probabilities, score))
        return sorted(captions, key=lambda caption: -caption.score)


def _seeds(seed: int, vector: NDArray[np.float32], n: int) -> list[tuple[int, int, int]]:
    """Return a seed for each of a photo's n samples, from its vector (D,) and not its position in a batch."""
    photo = int.from_bytes(hashlib.blake2b(vector.tobytes(), digest_size=8).digest())
    return [(seed, photo, number) for number in range(n)]
