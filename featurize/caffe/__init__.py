"""Caffe's networks: the .caffemodel file, its layers, and CaffeNet itself."""
