"""The public/private split, by properties."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from hackathon.answers import answers_of
from hackathon.bundles.split import PUBLIC_SHARE, TestItem, nearest_prefix, split_test

SECRET = bytes(range(32))


@st.composite
def item_lists(draw: st.DrawFn) -> list[TestItem]:
    labels = draw(st.lists(st.sampled_from("abcd"), max_size=120))
    groups = draw(st.lists(st.sampled_from(["", "g1", "g2", "g3"]), min_size=len(labels), max_size=len(labels)))
    return [TestItem(f"i{n}", *pair) for n, pair in enumerate(zip(labels, groups, strict=True))]


@given(item_lists(), st.randoms())
def test_every_item_is_on_one_side_groups_are_whole_and_order_does_not_matter(
    items: list[TestItem], random: object
) -> None:
    split = split_test(items, secret=SECRET)
    assert sorted(split.public + split.private) == sorted(item.id for item in items)
    public = set(split.public)
    for group in {item.group for item in items} - {""}:
        assert len({item.id in public for item in items if item.group == group}) == 1
    mixed = list(items)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert split_test(mixed, secret=SECRET) == split


@given(st.lists(st.sampled_from("abcdefgh"), max_size=300))
def test_without_groups_each_label_and_the_whole_have_their_share(labels: list[str]) -> None:
    items = [TestItem(f"i{n}", label) for n, label in enumerate(labels)]
    split = split_test(items, secret=SECRET)
    label_of = {item.id: item.stratum for item in items}
    public = Counter(label_of[name] for name in split.public)
    for label, count in Counter(labels).items():
        assert abs(public[label] - PUBLIC_SHARE * count) <= 1
    assert abs(len(split.public) - PUBLIC_SHARE * len(items)) <= Fraction(1, 2)


def test_many_labels_of_one_item_still_give_the_share() -> None:
    split = split_test([TestItem(f"i{n}", f"label {n}") for n in range(100)], secret=SECRET)
    assert len(split.public) == 30


def test_the_secret_decides() -> None:
    items = [TestItem(f"i{n}", "ab"[n % 2]) for n in range(200)]
    one, other = split_test(items, secret=SECRET), split_test(items, secret=bytes(32))
    assert set(one.public) != set(other.public)
    assert one.public != tuple(sorted(one.public))


def test_a_huge_group_does_not_take_another_labels_share() -> None:
    items = [TestItem(f"a{n}", "a", "huge") for n in range(1000)] + [TestItem(f"b{n}", "b") for n in range(1000)]
    public = set(split_test(items, secret=SECRET).public)
    assert sum(name.startswith("a") for name in public) == 0
    assert abs(sum(name.startswith("b") for name in public) - 300) <= 1


def test_an_item_named_like_a_group_is_no_part_of_it() -> None:
    items = [TestItem("g", "a")] + [TestItem(f"i{n}", "b", "g") for n in range(10)]
    assert split_test(items, secret=SECRET) == split_test(items[::-1], secret=SECRET)
    assert len(split_test(items, secret=SECRET).private) in (0, 1, 10, 11)


def test_nearest_prefix() -> None:
    assert nearest_prefix([], Fraction(3)) == 0
    assert nearest_prefix([1] * 10, Fraction(3)) == 3
    assert nearest_prefix([5, 5], Fraction(3)) == 1
    assert nearest_prefix([5, 5], Fraction(5, 2)) == 0
    assert nearest_prefix([4, 1], Fraction(-1)) == 0


def test_strata_by_kind_of_answer() -> None:
    assert answers_of("class").strata(["a", "b", "a"]) == ["a", "b", "a"]
    assert len(set(answers_of("tags").strata([["O"], ["B-x", "I-x"]]))) == 1
    assert answers_of("number").strata([5, 1, 3.5, 2, 4]) == ["4", "0", "2", "1", "3"]
    assert answers_of("number").strata([]) == []


@given(st.lists(st.integers(-5, 5) | st.floats(-5, 5), min_size=1, max_size=200))
def test_strata_of_numbers_are_ranges_and_equal_numbers_are_together(values: list[float]) -> None:
    strata = answers_of("number").strata(values)
    assert set(strata) <= set("01234")
    pairs = sorted(zip(values, strata, strict=True))
    assert [stratum for _value, stratum in pairs] == sorted(strata)
    assert len(dict(pairs)) == len(set(pairs))


def test_both_sides_have_small_and_large_numbers() -> None:
    values = [n**3 for n in range(1000)]
    items = [TestItem(f"i{n}", stratum) for n, stratum in enumerate(answers_of("number").strata(values))]
    public = {int(name[1:]) for name in split_test(items, secret=SECRET).public}
    assert [sum(low <= n < low + 200 for n in public) for low in range(0, 1000, 200)] == [60] * 5
