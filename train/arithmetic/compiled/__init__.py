"""The compiled arithmetic, on the CPU: loops that read and write each array once, and a pool of threads."""

from train.arithmetic.compiled.decoding import decoder
from train.arithmetic.compiled.loss import gradients, losses
from train.arithmetic.compiled.optimizer import adam
from train.arithmetic.compiled.pool import pool_threads as threads

__all__ = ["adam", "decoder", "gradients", "losses", "threads"]
