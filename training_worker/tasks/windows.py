"""A question and its context as an encoder reads them: whole, or in windows of the context that overlap.

Every token of the context has one place where it counts: windows follow each other by `overlap` tokens less than they
hold, and the later one takes over in the middle of the overlap, so that a token has as much context on both sides as
there is (the "maximum context" of Devlin et al. 2019).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from transformers import PreTrainedTokenizerBase

MOST_TOKENS = 8192
"""Of the windows of one example; what comes after is not read."""


@dataclass(frozen=True)
class Windows:
    """One example. `ids` are the unpadded tokens of each window, `type_ids` their segments where the model has those.

    Token t of the context is at `places[t]` (window, position in it) and has the characters from `spans[t][0]` to
    `spans[t][1]`.
    """

    ids: list[list[int]]
    type_ids: list[list[int]] | None
    places: list[tuple[int, int]]
    spans: list[tuple[int, int]]
    is_cut: bool

    @property
    def cost(self) -> int:
        """Tokens of all windows, each as long as the longest."""
        return max(1, len(self.ids) * max(map(len, self.ids)))

    def tokens_of(self, start: int, end: int) -> tuple[int, int] | None:
        """First and last token that have characters from `start` to `end`; None where not all of them are read."""
        first = bisect_right(self.spans, start, key=lambda span: span[1])
        last = bisect_left(self.spans, end, key=lambda span: span[0]) - 1
        is_read = first <= last and (not self.is_cut or end <= self.spans[-1][1])
        return (first, last) if is_read else None


def room_of(tokenizer: PreTrainedTokenizerBase, max_length: int) -> int:
    """Tokens of question and context in a window."""
    return max_length - tokenizer.num_special_tokens_to_add(pair=True)


def read_windows(
    tokenizer: PreTrainedTokenizerBase, questions: Sequence[str], contexts: Sequence[str], max_length: int
) -> list[Windows]:
    """Of each pair; a question gets half of a window where the context needs the rest."""
    room, most = room_of(tokenizer, max_length), max(1, MOST_TOKENS // max_length)
    encoded = tokenizer(
        [*_cut_questions(tokenizer, questions, contexts, room)],
        [*contexts],
        truncation="only_second",
        max_length=max_length,
        stride=room // 4,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        return_attention_mask=False,
    )
    windows: list[list[int]] = [[] for _ in questions]
    for window, example in enumerate(encoded["overflow_to_sample_mapping"]):
        windows[example].append(window)
    return [_of_example(encoded, found, most, overlap=room // 4) for found in windows]


def _cut_questions(
    tokenizer: PreTrainedTokenizerBase, questions: Sequence[str], contexts: Sequence[str], room: int
) -> Iterator[str]:
    in_contexts, in_questions = (
        tokenizer([*texts], add_special_tokens=False, return_offsets_mapping=True)["offset_mapping"]
        for texts in (contexts, questions)
    )
    for question, spans, others in zip(questions, in_questions, in_contexts, strict=True):
        most = max(room // 2, room - len(others))
        yield question if len(spans) <= most else question[: spans[most - 1][1]]


def _of_example(encoded: Any, windows: Sequence[int], most: int, *, overlap: int) -> Windows:
    found: dict[int, tuple[tuple[int, int], tuple[int, int]]] = {}
    first = 0
    for window, index in enumerate(windows[:most]):
        places = [at for at, part in enumerate(encoded.sequence_ids(index)) if part == 1]
        spans = encoded["offset_mapping"][index]
        for number, at in enumerate(places):
            if window == 0 or number >= overlap // 2:
                found[first + number] = ((window, at), tuple(spans[at]))
        first += len(places) - overlap
    ids, type_ids = encoded["input_ids"], encoded.get("token_type_ids")
    return Windows(
        ids=[ids[index] for index in windows[:most]],
        type_ids=None if type_ids is None else [type_ids[index] for index in windows[:most]],
        places=[place for place, _span in found.values()],
        spans=[span for _place, span in found.values()],
        is_cut=len(windows) > most,
    )
