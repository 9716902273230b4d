"""Challenges on real data: `python -m evaluation.demo.datasets.<module> FOLDER` writes a bundle to import."""
