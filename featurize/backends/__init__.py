"""What runs a network: ONNX Runtime on the CPU, Chainer on CuPy or NumPy."""

import os

# ONNX Runtime sends its makers word of each run, and keeps a number of this machine for that in the user's
# cache, unless it is told not to before it is imported.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
