"""The compiled arithmetic, on the CPU: loops that read and write each array once, and a pool of threads."""

from train.arithmetic.compiled.decoding import decoder
from train.arithmetic.compiled.embedding import inputs
from train.arithmetic.compiled.optimizer import adam
from train.arithmetic.compiled.output import cross_entropy
from train.arithmetic.compiled.packed_lstm import lstm
from train.arithmetic.threads import pool_threads as threads

__all__ = ["adam", "cross_entropy", "decoder", "inputs", "lstm", "threads"]
