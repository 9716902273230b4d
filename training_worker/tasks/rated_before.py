"""What the training ratings say of a user and an item, but for their rating of each other: as a text, and as numbers.

A language model knows what an item's text is about; what a user likes it can only read. By how much the user's ratings,
and everybody's of the item, are above the mean are two numbers (the baseline predictors of Koren et al. 2009, "Matrix
factorization techniques for recommender systems").
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from .split import Row

MOST_NAMED = 5
"""Items that a text names of either side."""
LONGEST = 60
"""Characters of an item that it names."""
NOTHING = "no ratings yet"
PRIOR = 5
"""As many ratings at the mean are thought to be there: few real ones say little."""


@dataclass(frozen=True)
class Rated:
    """One training rating; `said` is what is read of its item."""

    user: str
    item: str
    said: str
    rating: float


class RatedBefore:
    """Of training `rows` with `user`, `item`, perhaps `text`, and `rating`; they may be none."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.ratings = [Rated(row["user"], row["item"], item_text(row), float(row["rating"])) for row in rows]

    @cached_property
    def mean(self) -> float:
        return statistics.fmean(one.rating for one in self.ratings) if self.ratings else 0.0

    @cached_property
    def by_user(self) -> dict[str, list[Rated]]:
        """Of each user the highest ratings first, equal ones in the order of the data."""
        found: dict[str, list[Rated]] = defaultdict(list)
        for one in sorted(self.ratings, key=lambda one: -one.rating):
            found[one.user].append(one)
        return found

    @cached_property
    def by_item(self) -> dict[str, list[Rated]]:
        found: dict[str, list[Rated]] = defaultdict(list)
        for one in self.ratings:
            found[one.item].append(one)
        return found

    def tastes(self, row: Row) -> str:
        """The user's other items that are farthest above and below the mean of the others."""
        others = [one for one in self.by_user.get(row["user"], ()) if one.item != row["item"]]
        if not others:
            return NOTHING
        middle = statistics.fmean(one.rating for one in others)
        liked = [one.said for one in others if one.rating > middle][:MOST_NAMED]
        disliked = [one.said for one in reversed(others) if one.rating < middle][:MOST_NAMED]
        neither = [one.said for one in others][:MOST_NAMED] if not liked else []
        sides = {"liked": liked, "disliked": disliked, "rated alike": neither}
        return ". ".join(f"{name}: {'; '.join(said)}" for name, said in sides.items() if said)

    def offsets(self, row: Row) -> tuple[float, float]:
        """By how much the user's other ratings, and those of others of this item, are above the mean of all; nearer to
        0 where they are few."""
        user, item = row["user"], row["item"]
        return (
            self._offset(one.rating for one in self.by_user.get(user, ()) if one.item != item),
            self._offset(one.rating for one in self.by_item.get(item, ()) if one.user != user),
        )

    def _offset(self, ratings: Iterable[float]) -> float:
        found = [rating - self.mean for rating in ratings]
        return sum(found) / (len(found) + PRIOR)


def item_text(row: Row) -> str:
    """What a model reads of the item."""
    return str(row.get("text") or row["item"])[:LONGEST]
