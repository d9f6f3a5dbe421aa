"""The loss, its gradients and Adam: as Chainer's functions, and compiled for the CPU."""
