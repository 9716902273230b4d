"""Challenges on real data, each with its `Recipe`: `python -m evaluation.demo.datasets.<module> FOLDER` writes a bundle
to import, `python -m evaluation.demo.datasets TASK FOLDER` that of a task."""
