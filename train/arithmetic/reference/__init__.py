"""The reference arithmetic: Chainer's own functions and plain array functions, on any device."""

from train.arithmetic.reference.decoding import decoder
from train.arithmetic.reference.loss import cross_entropy, inputs, lstm
from train.arithmetic.reference.optimizer import adam
from train.arithmetic.threads import blas_threads as threads

__all__ = ["adam", "cross_entropy", "decoder", "inputs", "lstm", "threads"]
