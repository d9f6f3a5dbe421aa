"""The reference arithmetic: Chainer's own functions and plain array functions, on any device."""

from train.arithmetic.reference.decoding import decoder
from train.arithmetic.reference.loss import gradients, losses
from train.arithmetic.reference.optimizer import adam
from train.arithmetic.threads import blas_threads as threads

__all__ = ["adam", "decoder", "gradients", "losses", "threads"]
