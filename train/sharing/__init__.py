"""A model that can be given away: its card, the Hub, and ONNX."""
