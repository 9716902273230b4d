"""How SQuAD compares answers: `normalize_answer`, exact match and F1 of one answer, as its evaluation script 2.0 has
them (Rajpurkar et al. 2018). Pure."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Sequence

NO_ANSWER = ""
"""What is answered where the context holds no answer."""

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(a|an|the)\b")


def normalize_answer(text: str) -> str:
    """Lower case, without punctuation, articles and surplus white space."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def references_of(texts: Iterable[str]) -> tuple[str, ...]:
    """The right answers of an item, each once; `NO_ANSWER` where there is none. Those of which normalising leaves
    nothing are dropped, as the script does."""
    return tuple(dict.fromkeys(text for text in texts if normalize_answer(text))) or (NO_ANSWER,)


def exact_match(reference: str, answer: str) -> float:
    return float(normalize_answer(reference) == normalize_answer(answer))


def f1(reference: str, answer: str) -> float:
    """Of the words that both have; where one side has none, 1 if the other has none either."""
    asked, given = normalize_answer(reference).split(), normalize_answer(answer).split()
    if not asked or not given:
        return float(asked == given)
    common = sum((Counter(asked) & Counter(given)).values())
    return 2 * common / (len(asked) + len(given))


def is_right(references: Sequence[str], answer: str | None) -> bool:
    return answer is not None and any(exact_match(reference, answer) for reference in references)
