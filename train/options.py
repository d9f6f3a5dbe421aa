"""The settings of the training stage."""

from typing import Literal

from pydantic import Field

from dataset.options import Options


class TrainOptions(Options):
    """`train:` in pipelines.yaml."""

    sampling: Literal["one-to-one", "many-to-one"] = "many-to-one"
    """Captions of a photo that are learned: one for the whole run, or all."""
    embedding: int = Field(100, ge=1)
    """Components of a token's embedding."""
    hidden: int = Field(100, ge=1)
    """Cells of the LSTM."""
    epochs: int = Field(20, ge=1)
    """Passes over the training captions."""
    batch_size: int = Field(16, ge=1)
    """Captions per update."""
    learning_rate: float = Field(0.001, gt=0)
    """Adam's step size."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """The share of embedding and hidden values that training drops."""
    clip: float | None = Field(5.0, gt=0)
    """The largest norm of a gradient; null clips nothing."""
    standardise: bool = True
    """Centre and scale the photo vectors by their mean and deviation on train."""
    max_tokens: int = Field(50, ge=1)
    """Longer captions are left out of training, and captions are drawn no longer."""
    seed: int = 0
    """Fixes weights, order and draws."""
    device: str = "auto"
    """`cpu`, `cuda:0`, or `auto`: the GPU where there is one."""
