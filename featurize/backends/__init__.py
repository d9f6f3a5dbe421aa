"""What runs a network: ONNX Runtime on the CPU, Chainer on CuPy or NumPy."""
