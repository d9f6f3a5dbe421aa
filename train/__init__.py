"""The captioning model: sampling, batches, training on Chainer, evaluation, decoding."""
