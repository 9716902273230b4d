"""Which test items count for the public score and which for the private one: fixed once per data version."""

from __future__ import annotations

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

PUBLIC_SHARE = Fraction(3, 10)


@dataclass(frozen=True)
class TestItem:
    """A test item as the split sees it. Both sides get their share of each `stratum`: a label, a range of values.

    Items of one `group` stay together; "" means a group of its own.
    """

    __test__ = False  # not a test class, whatever its name looks like

    id: str
    stratum: str
    group: str = ""


@dataclass(frozen=True)
class Split:
    """Ids of both sides, in an order that says nothing of labels or of the file's order."""

    public: tuple[str, ...]
    private: tuple[str, ...]


@dataclass(frozen=True)
class _Group:
    rank: bytes
    stratum: tuple[str, ...]
    ids: tuple[str, ...]


def split_test(items: Iterable[TestItem], *, secret: bytes, share: Fraction = PUBLIC_SHARE) -> Split:
    """`share` of each stratum's items to the public side, groups whole, chosen by HMAC-SHA256(secret, group).

    Groups whose items disagree are one stratum of their own. In each stratum, groups go to the public side in the order
    of their HMAC while that brings the count nearer to the share. What rounding took from a stratum, at most one item,
    is given back to the next: many strata of few items each still make the share in all.
    Pure: the order of `items` does not matter.
    """
    strata: dict[tuple[str, ...], list[_Group]] = defaultdict(list)
    for group in _groups(items, secret):
        strata[group.stratum].append(group)
    public: list[str] = []
    private: list[str] = []
    carry = Fraction(0)
    for stratum in sorted(strata):
        groups = sorted(strata[stratum], key=lambda group: group.rank)
        target = share * sum(len(group.ids) for group in groups) + carry
        count = nearest_prefix([len(group.ids) for group in groups], target)
        chosen = [item for group in groups[:count] for item in group.ids]
        carry = max(Fraction(-1), min(Fraction(1), target - len(chosen)))
        public += chosen
        private += [item for group in groups[count:] for item in group.ids]
    return Split(public=shuffled(public, secret), private=shuffled(private, secret))


def nearest_prefix(sizes: Sequence[int], target: Fraction) -> int:
    """How many of the first `sizes` add up nearest to `target`; the smaller number on a tie."""
    best, total = 0, 0
    distance = abs(target)
    for count, size in enumerate(sizes, start=1):
        total += size
        if abs(target - total) < distance:
            best, distance = count, abs(target - total)
    return best


def shuffled(ids: Iterable[str], secret: bytes) -> tuple[str, ...]:
    """The ids in an order that only the secret knows and that depends on nothing but the ids."""
    return tuple(sorted(ids, key=lambda name: _hmac(secret, "order", name)))


def _groups(items: Iterable[TestItem], secret: bytes) -> list[_Group]:
    members: dict[tuple[str, str], list[TestItem]] = defaultdict(list)
    for item in items:
        members[("group", item.group) if item.group else ("item", item.id)].append(item)
    return [
        _Group(
            rank=_hmac(secret, *key),
            stratum=tuple(strata) if len(strata := {item.stratum for item in found}) == 1 else (),
            ids=tuple(sorted(item.id for item in found)),
        )
        for key, found in members.items()
    ]


def _hmac(secret: bytes, kind: str, name: str) -> bytes:
    return hmac.new(secret, f"{kind}\x1f{name}".encode(), hashlib.sha256).digest()
