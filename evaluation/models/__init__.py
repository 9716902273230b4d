"""Scores: results, unranked references and the board's rows."""

from .leaderboard import LeaderboardEntry
from .result import SCORING_VERSION, Reference, Result, ResultQuerySet, unshown_columns

__all__ = [
    "SCORING_VERSION",
    "LeaderboardEntry",
    "Reference",
    "Result",
    "ResultQuerySet",
    "unshown_columns",
]
