"""The settings of the training stage."""

from typing import Literal, Self

from pydantic import Field, model_validator

from store.options import StageOptions

EVALUATED = 20_000
"""Captions of a split of which losses are measured where all would take long."""


class TrainOptions(StageOptions):
    """`train:` in pipelines.yaml."""

    sampling: Literal["one-to-one", "many-to-one", "one-per-epoch"] = "many-to-one"
    """Captions of a photo that are learned: one for the whole run, all, or one drawn again each epoch."""
    choose: Literal["stars", "draw"] = "stars"
    """Which caption `one-to-one` learns: the one with most stars, or a seeded draw."""
    max_captions_per_photo: int | None = Field(None, ge=1)
    """The cap of `many-to-one`: a photo's captions with most stars; null means all."""
    weight: Literal["none", "stars"] = "none"
    """`stars`: a caption's loss weighs in proportion to log(2 + its stars), 1 on average."""
    embedding: int = Field(100, ge=1, le=8192)
    """Components of a token's embedding."""
    hidden: int = Field(100, ge=1, le=8192)
    """Cells of the LSTM."""
    layers: int = Field(1, ge=1, le=8)
    """LSTMs on top of each other."""
    injection: Literal["first", "every"] = "first"
    """Which inputs the photo's projection is added to: the first token's embedding, or every token's."""
    output_bias: Literal["zero", "frequency"] = "zero"
    """How the output bias starts: at zero, or at the log frequencies of the training tokens."""
    epochs: int = Field(20, ge=1)
    """Passes over the training captions."""
    batch_size: int = Field(16, ge=1)
    """Captions per update, over all processes."""
    batches: Literal["similar", "one-length"] = "similar"
    """Which captions an update learns together: of similar length, or of one length (an experiment)."""
    shuffle: bool = True
    """Whether each epoch has its own order; false keeps the photos' (an experiment)."""
    learning_rate: float = Field(0.001, gt=0)
    """Adam's step size; the largest one where it changes."""
    schedule: Literal["constant", "cosine"] = "constant"
    """The learning rate after its warm-up: it stays, or falls along half a cosine to 0 at the last update."""
    warmup: float = Field(0.0, ge=0)
    """Epochs, or a part of one, in which the learning rate rises in a straight line; 0: none."""
    weight_decay: float = Field(0.0, ge=0)
    """Each update takes this share, times the learning rate, off each matrix (AdamW); 0 takes nothing."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """The share of input and hidden values that training drops."""
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """The share of each target that is spread over the vocabulary; losses in the log are without it."""
    unk_rate: float = Field(0.0, ge=0, le=1)
    """How often an epoch reads <UNK> in the place of a token that occurs once in the training captions."""
    clip: float | None = Field(5.0, gt=0)
    """The largest norm of a gradient; null clips nothing."""
    dev_every: int = Field(1, ge=1)
    """Epochs between measurements of the dev loss; the last epoch is always measured."""
    patience: int | None = Field(None, ge=1)
    """Training stops after this many measurements of dev without a better one; null never stops early."""
    standardise: Literal["length", "component", "none"] = "length"
    """How photo vectors are scaled, centred on train: to length 1 on average, or each component to 1."""
    vectors: Literal["photo", "random"] = "photo"
    """What the model is shown: the photo's vector, or noise in its place (an experiment)."""
    max_tokens: int = Field(50, ge=1)
    """Longer captions are left out of training, and captions are drawn no longer."""
    keep: Literal["best", "last"] = "best"
    """Which model is kept: that of the epoch with the lowest dev loss over known tokens, or the last."""
    snapshot_seconds: float = Field(60.0, ge=0)
    """A snapshot is written when the last one is older than this, and at the end: what a kill can cost."""
    fused: bool = True
    """Train through Bokeru's fused kernels; false takes Chainer's own functions: slower, the same losses."""
    threads: int | None = Field(None, ge=1)
    """Threads of an update on the CPU; null takes all where updates are large, one where they are small."""
    seed: int = 0
    """Fixes weights, order and draws."""
    tensorboard: bool = False
    """Write what the log holds, and more often, for TensorBoard too, while the run trains."""
    metrics: tuple[str, ...] = Field((), strict=False)  # a list in the settings that a run keeps
    """Metrics of other people's code for `bokeru evaluate`: entry points, module:name or FILE.py:name."""
    ranker: bool = False
    """After the captioner, train a ranker: which of two captions of a photo has clearly more stars."""
    evaluate_captions: int = Field(EVALUATED, ge=1)
    """Captions of train, a seeded sample, that `bokeru evaluate` measures; of dev it measures all."""
    device: str = "auto"
    """`cpu`, `cuda:0`, or `auto`: a GPU where there is one and updates are large enough to gain by it.
    Runs on a GPU do not repeat bit for bit."""

    @model_validator(mode="after")
    def _reaches_the_rate(self) -> Self:
        """Refuse a warm-up that takes the whole run."""
        if self.warmup >= self.epochs:
            raise ValueError(
                f"a warm-up of {self.warmup:g} epochs never reaches the learning rate in {self.epochs} "
                "(epochs); lower warmup, or raise epochs"
            )
        return self
