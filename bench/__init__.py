"""Measurements. `python -m bench.train` compares the training recipe with the tutorial loop."""
