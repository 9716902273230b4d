"""Measurements. `python -m bench.train` compares the training recipe with the tutorial loop, `python -m bench.pages`
every page and list in a small and a large event."""
