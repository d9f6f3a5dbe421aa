"""The learning rate of each update: it may rise in a warm-up, and fall along a cosine."""

import math

from train.options import TrainOptions


def learning_rate(options: TrainOptions, start: float, end: float) -> float:
    """Return the learning rate of an update, which follows from its place alone: a snapshot need not hold it.

    Args:
        options: `learning_rate`, `schedule`, `warmup` and `epochs` decide, however early the run may stop.
        start, end: the epochs that are done before the update, and after it.

    Source: Goyal et al. 2017 for the warm-up, Loshchilov and Hutter 2017 (SGDR, one cycle) for the cosine.
    """
    full, warmup = options.learning_rate, options.warmup
    if start < warmup:
        return full * min(1.0, end / warmup)
    if options.schedule == "constant":
        return full
    return full * (1 + math.cos(math.pi * (start - warmup) / (options.epochs - warmup))) / 2
