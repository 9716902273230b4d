"""`python -m bench.dataset`: pages and searches of a challenge's data tab in a train set of 200,000 texts (71 MB).

Printed: what an import adds (s), then for each search the rows that have it, and for finding them and reading a page
the milliseconds (median of five; target: 1000) and the peak of memory (MB; target: 10, whatever the file's size).
"""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import Any

ROWS, VALIDATION, PAGE = 200_000, 1_000, 25
LETTERS = "abcdefghijklmnopqrstuvwxyzäöü"
LABELS = ("negative", "neutral", "positive")


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django
    from django.conf import settings

    django.setup()
    from django.test import override_settings

    backend = "hackathon.files.storage.PrivateFolder"
    with tempfile.TemporaryDirectory(prefix="hacktune-bench-") as folder:
        datasets = {"datasets": {"BACKEND": backend, "OPTIONS": {"location": folder}}}
        override_settings(STORAGES=settings.STORAGES | datasets).enable()
        rng = random.Random(0)
        words = ["".join(rng.choices(LETTERS, k=rng.randint(2, 10))) for _ in range(20_000)]
        files = {"train.jsonl": rows(rng, words, ROWS), "validation.jsonl": rows(rng, words, VALIDATION)}
        data = stored(Path(folder), files)
        del files
        common, rare = words[0], f"{words[1]} {words[2]}"
        for asked in ({}, {"label": "neutral"}, {"search": common}, {"search": rare}, {"search": "e"},
                      {"search": "e", "label": "neutral"}):  # fmt: skip
            print(json.dumps(asked | measured(data, asked), ensure_ascii=False), flush=True)
    return 0


def rows(rng: random.Random, words: list[str], count: int) -> bytes:
    texts = (" ".join(rng.choices(words, k=rng.randint(10, 70))) for _ in range(count))
    lines = ({"id": f"r{n}", "text": text, "label": LABELS[n % len(LABELS)]} for n, text in enumerate(texts))
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def stored(folder: Path, files: dict[str, bytes]) -> Any:
    from hackathon.dataset.index import index_data
    from hackathon.models import Challenge, ChallengeData
    from training_worker.contract.tasks import TASKS

    task = "text-classification"
    began = time.perf_counter()
    facts, index = index_data(TASKS[task], LABELS, files)
    print(
        json.dumps({"index_s": round(time.perf_counter() - began, 1), "train_mb": len(files["train.jsonl"]) // 10**6})
    )
    (folder / "data").mkdir()
    for name, body in (files | index).items():
        (folder / "data" / name).write_bytes(body)
    sizes = {"train_examples": ROWS, "validation_examples": VALIDATION, "test_examples": 1}
    manifest = {"task": task, "version": "1", "labels": list(LABELS)} | sizes
    facts_json = facts.model_dump(mode="json")
    return ChallengeData(challenge=Challenge(task=task), prefix="data", facts=facts_json, manifest=manifest)


def measured(data: Any, asked: dict[str, str]) -> dict[str, float]:
    from hackathon.dataset.rows import find_rows

    def once() -> tuple[float, int]:
        began = time.perf_counter()
        found = find_rows(data, "train", **asked)
        found[len(found) // 2 : len(found) // 2 + PAGE]
        return time.perf_counter() - began, len(found)

    seconds = statistics.median(once()[0] for _ in range(5))
    tracemalloc.start()
    count = once()[1]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {"rows": count, "ms": round(1000 * seconds), "peak_mb": round(peak / 10**6, 1)}


if __name__ == "__main__":
    sys.exit(main())
