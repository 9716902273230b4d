"""Metrics of every kind of answer. `output_of` names the one place that computes them, for worker and scorer alike."""
