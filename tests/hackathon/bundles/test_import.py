"""Importing a bundle: one transaction, idempotent, versions never change, labels in their own storage."""

from __future__ import annotations

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import Storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from hackathon.bundles.problems import ProblemsFound
from hackathon.files.storage import storage
from hackathon.models import BaseModel, Challenge, ChallengeData, Hackathon, Phase
from hackathon.services import store_data as service
from hackathon.services.import_challenge import import_challenge
from tests.factories import BaseModelFactory, ChallengeFactory, HackathonFactory
from training_worker.contract.tasks.spec import CLASS_METRICS

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "film-critics"
pytestmark = pytest.mark.django_db


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "bundle"))


@pytest.fixture
def hackathon() -> Hackathon:
    BaseModelFactory(slug="all-minilm-l6-v2")
    return HackathonFactory()


def stored(alias: str, name: str) -> bytes:
    with storage(alias).open(name) as file:
        body: bytes = file.read()
    return body


def lines(alias: str, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stored(alias, name).splitlines()]


def all_files(alias: str, folder: str = "") -> list[str]:
    store: Storage = storage(alias)
    if not store.exists(folder):
        return []
    folders, names = store.listdir(folder)
    return [name for inner in folders for name in all_files(alias, f"{folder}/{inner}".strip("/"))] + names


def test_what_is_stored_where(bundle: Path, hackathon: Hackathon) -> None:
    done = import_challenge(folder=bundle, hackathon=hackathon, publish=True)
    data, challenge = done.data, Challenge.objects.get()
    assert (done.is_new_challenge, done.is_new_version, data.version) == (True, True, 1)
    assert (challenge.slug, challenge.is_published, challenge.hackathon) == ("film-critics-example", True, hackathon)
    assert challenge.challenge_limits.budget.max_steps == 500
    manifest = data.dataset_manifest
    assert manifest.labels == ("negative", "positive")
    assert (manifest.train_examples, manifest.validation_examples, manifest.test_examples) == (20, 8, 24)
    assert lines("datasets", f"{data.prefix}/train.jsonl")[0] == {
        "id": "train-01",
        "text": "A warm and funny film that earns every one of its tears.",
        "label": "positive",
    }
    test = lines("datasets", f"{data.prefix}/test.jsonl")
    assert {frozenset(row) for row in test} == {frozenset({"id", "text"})}
    for entry in data.files:
        assert len(stored("datasets", f"{data.prefix}/{entry['name']}")) == entry["size"]
    assert [entry["name"] for entry in data.files] == ["train.jsonl", "validation.jsonl", "test.jsonl"]
    assert 8 < data.mean_cost < 20


def test_labels_and_split_are_in_the_label_store_alone(bundle: Path, hackathon: Hackathon) -> None:
    data = import_challenge(folder=bundle, hackathon=hackathon).data
    assert all_files("labels") == ["split.json", "test_labels.jsonl"]
    index = [f"{split}.{ending}" for split in ("train", "validation") for ending in ("offsets", "search")]
    assert sorted(all_files("datasets")) == sorted(["test.jsonl", "train.jsonl", "validation.jsonl", *index])
    labels = {row["id"]: row["label"] for row in lines("labels", f"{data.prefix}/test_labels.jsonl")}
    original = [json.loads(line) for line in (bundle / "test_labels.jsonl").read_text().splitlines()]
    assert labels == {row["id"]: row["label"] for row in original}
    split = json.loads(stored("labels", f"{data.prefix}/split.json"))
    assert sorted(split["public"] + split["private"]) == sorted(labels)
    assert (len(split["public"]), len(split["private"])) == (data.public_count, data.private_count) == (7, 17)
    public = [labels[name] for name in split["public"]]
    assert abs(public.count("positive") - public.count("negative")) <= 1


def test_test_rows_come_in_an_order_that_tells_nothing(bundle: Path, hackathon: Hackathon) -> None:
    names = ("test.jsonl", "test_labels.jsonl")
    for name in names:  # a bundle sorted by label
        label = {row["id"]: row["label"] for row in map(json.loads, (bundle / names[1]).read_text().splitlines())}
        rows = sorted((bundle / name).read_text().splitlines(), key=lambda line: label[json.loads(line)["id"]])
        (bundle / name).write_text("\n".join(rows) + "\n")
    first = import_challenge(folder=bundle, hackathon=hackathon)
    order = [row["id"] for row in lines("datasets", f"{first.data.prefix}/test.jsonl")]
    given = [json.loads(line)["id"] for line in (bundle / "test.jsonl").read_text().splitlines()]
    assert order != given
    assert sorted(order) == sorted(given)
    again = import_challenge(folder=EXAMPLE, hackathon=hackathon)  # the same rows in another order
    assert again.data == first.data


def test_the_same_content_again_changes_nothing(bundle: Path, hackathon: Hackathon) -> None:
    first = import_challenge(folder=bundle, hackathon=hackathon)
    before = list(Phase.objects.values())
    second = import_challenge(folder=bundle, hackathon=hackathon)
    assert second.data == first.data
    assert (second.is_new_challenge, second.is_new_version) == (False, False)
    assert (Challenge.objects.count(), ChallengeData.objects.count(), Phase.objects.count()) == (1, 1, 1)
    assert list(Phase.objects.values()) == before
    assert len(all_files("datasets")) == 3 + 4


def test_new_content_is_a_new_version_and_the_old_one_stays(bundle: Path, hackathon: Hackathon) -> None:
    old = import_challenge(folder=bundle, hackathon=hackathon).data
    before = {name: stored("datasets", f"{old.prefix}/{name}") for name in ("train.jsonl", "test.jsonl")}
    path = bundle / "train.jsonl"
    path.write_text(path.read_text().replace("A warm and funny film", "A cold but funny film"))
    yaml, later = bundle / "challenge.yaml", (timezone.now() + timedelta(hours=5)).isoformat()
    yaml.write_text(yaml.read_text().replace("phases:", f"phases:\n  - name: Round 2\n    opens_at: {later}"))
    with pytest.raises(ProblemsFound, match="“Main” would be open at the same time as “Round 2”"):
        import_challenge(folder=bundle, hackathon=hackathon)
    yaml.write_text(yaml.read_text().replace("precision: fp32", f"precision: fp32\n    closes_at: {later}"))
    done = import_challenge(folder=bundle, hackathon=hackathon, agreed=True)
    assert (done.data.version, done.data.sha256 == old.sha256) == (2, False)
    assert {name: stored("datasets", f"{old.prefix}/{name}") for name in before} == before
    assert Phase.objects.get(name="Main").data == old
    assert Phase.objects.get(name="Round 2").data == done.data
    assert "“Main” has opened" in done.notes[0]


def test_only_a_change_of_a_test_label_is_a_new_version_too(bundle: Path, hackathon: Hackathon) -> None:
    import_challenge(folder=bundle, hackathon=hackathon)
    path = bundle / "test_labels.jsonl"
    path.write_text(path.read_text().replace("positive", "X").replace("negative", "positive").replace("X", "negative"))
    assert import_challenge(folder=bundle, hackathon=hackathon).data.version == 2


def test_a_phase_to_come_moves_to_the_new_version(bundle: Path, hackathon: Hackathon) -> None:
    opens_at = (timezone.now() + timedelta(hours=3)).isoformat()
    yaml = bundle / "challenge.yaml"
    yaml.write_text(yaml.read_text().replace("precision: fp32", f"precision: fp32\n    opens_at: {opens_at}"))
    import_challenge(folder=bundle, hackathon=hackathon)
    path = bundle / "train.jsonl"
    path.write_text(path.read_text().replace("A warm and funny film", "A cold but funny film"))
    yaml.write_text(yaml.read_text().replace("precision: fp32", "precision: bf16").replace("per_day: 20", "per_day: 7"))
    done = import_challenge(folder=bundle, hackathon=hackathon)
    phase = Phase.objects.get()
    assert (phase.data, phase.precision, phase.per_day) == (done.data, "bf16", 7)
    assert phase.opens_at.isoformat() == opens_at
    assert phase.closes_at == hackathon.ends_at


def test_what_only_the_database_knows_is_reported_with_the_rest(bundle: Path, hackathon: Hackathon) -> None:
    BaseModel.objects.update(is_enabled=False)
    ChallengeFactory(slug="film-critics-example")
    path = bundle / "train.jsonl"
    path.write_text(path.read_text() + "nonsense\n")
    with pytest.raises(ProblemsFound) as caught:
        import_challenge(folder=bundle, hackathon=hackathon)
    assert [str(problem) for problem in caught.value.problems] == [
        "challenge.yaml:2: Another hackathon has a challenge of this slug.",
        "challenge.yaml:15: There is no enabled base model “all-minilm-l6-v2”. Enabled: –.",
        "train.jsonl:21: This line is not valid JSON.",
    ]
    assert not ChallengeData.objects.exists()
    assert all_files("datasets") + all_files("labels") == []


def test_twelve_mistakes_of_all_kinds_are_told_at_once(bundle: Path, hackathon: Hackathon) -> None:
    """Each is found whatever the others hide: of the file, of its parts, of the data, of the database."""
    yaml, text = bundle / "challenge.yaml", (bundle / "challenge.yaml").read_text()
    for old, new in (
        ("title: What", "titel: What"),
        ("primary_metric: accuracy", "primary_metric: bleu"),
        ("[negative, positive]", "[negative, positive, negative]"),
        ("[all-minilm-l6-v2]", "[all-minilm-l6-v2, nowhere]"),
        ("[head, lora, full]", "[head, lorra, full]"),
        ("method.r: {min: 1, max: 32}", "method.r: {min: 9, max: 2}"),
        ("max_steps: 500", "max_steps: x"),
        ("precision: fp32", "precision: fp32\n  - name: Main\n    opens_at: 2026-01-02T00:00:00Z"),
        ("per_day: 20", "per_day: 0"),
    ):
        assert old in text
        text = text.replace(old, new)
    text = text.replace("Z\n", "Z\n    closes_at: 2026-01-01T00:00:00Z\n")
    yaml.write_text(text)
    path = bundle / "train.jsonl"
    path.write_text(path.read_text() + "nonsense\n")
    labels = bundle / "test_labels.jsonl"
    labels.write_text(labels.read_text().replace('"test-02"', '"test-99"'))
    with pytest.raises(ProblemsFound) as caught:
        import_challenge(folder=bundle, hackathon=hackathon)
    assert [str(problem) for problem in caught.value.problems] == [
        "challenge.yaml:2: title: This key is missing.",
        "challenge.yaml:3: titel: There is no such key.",
        f"challenge.yaml:11: primary_metric: The task has no such metric. Known: {', '.join(CLASS_METRICS)}.",
        "challenge.yaml:12: labels: A label is there twice: negative.",
        "challenge.yaml:15: There is no enabled base model “nowhere”. Enabled: all-minilm-l6-v2.",
        "challenge.yaml:16: limits.methods.1: There is no method “lorra”.",
        "challenge.yaml:19: limits.ranges.method.r: The range of “method.r” is empty.",
        "challenge.yaml:20: limits.budget.max_steps: This is not a whole number.",
        "challenge.yaml:24: phases.0.quota.per_day: Must be at least 1.",
        "challenge.yaml:26: phases.1.name: Two phases have the same name: Main.",
        "challenge.yaml:26: phases.1: The phase must close after it opens.",
        "test.jsonl:2: The item “test-02” has no label in test_labels.jsonl.",
        "test_labels.jsonl:2: There is no test item “test-99”.",
        "train.jsonl:21: This line is not valid JSON.",
    ]
    assert not Challenge.objects.exists()


def test_changes_of_phases_are_judged_beside_mistakes_of_the_data(bundle: Path, hackathon: Hackathon) -> None:
    import_challenge(folder=bundle, hackathon=hackathon)
    yaml, train = bundle / "challenge.yaml", bundle / "train.jsonl"
    yaml.write_text(yaml.read_text().replace("name: Main", "name: Round 2").replace("lora", "lorra"))
    train.write_text(train.read_text() + "nonsense\n")
    with pytest.raises(ProblemsFound) as caught:
        import_challenge(folder=bundle, hackathon=hackathon)
    found = [str(problem) for problem in caught.value.problems]
    assert [problem.split(" ")[0] for problem in found] == [
        "challenge.yaml:16:",
        "challenge.yaml:23:",
        "train.jsonl:21:",
    ]
    assert "would be open at the same time as “Main”, which is not in this file" in found[1]


def test_a_failure_while_storing_leaves_nothing(
    bundle: Path, hackathon: Hackathon, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = service.storage

    def full(alias: str) -> Storage:
        if alias == "labels":
            raise OSError("disk full")
        return real(alias)

    monkeypatch.setattr(service, "storage", full)
    with pytest.raises(OSError, match="disk full"):
        import_challenge(folder=bundle, hackathon=hackathon)
    monkeypatch.undo()
    assert not Challenge.objects.exists()
    assert all_files("datasets") == []


def test_one_group_is_too_little_for_two_sides(bundle: Path, hackathon: Hackathon) -> None:
    path = bundle / "test_labels.jsonl"
    rows = [json.loads(line) | {"group": "one film"} for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(ProblemsFound, match="too few items, or groups"):
        import_challenge(folder=bundle, hackathon=hackathon)


def test_the_content_address_tells_nothing_of_the_labels(bundle: Path, hackathon: Hackathon) -> None:
    """Two events with the same data have different addresses: the labels are in it by the event's secret only."""
    first = import_challenge(folder=bundle, hackathon=hackathon).data.sha256
    Challenge.objects.all().update(slug="elsewhere")
    assert import_challenge(folder=bundle, hackathon=HackathonFactory()).data.sha256 != first


def test_the_command(bundle: Path, hackathon: Hackathon, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_challenge", str(bundle), "--hackathon", hackathon.slug, "--publish")
    printed = capsys.readouterr()
    assert "data version 1 (new), 7 public and 17 private" in printed.out
    assert "The test set is small" in printed.err
    assert Challenge.objects.get().is_published
    (bundle / "train.jsonl").write_text("x\n")
    with pytest.raises(CommandError, match=r"train\.jsonl:1: This line is not valid JSON"):
        call_command("import_challenge", str(bundle), "--hackathon", hackathon.slug)
    with pytest.raises(CommandError, match="no hackathon"):
        call_command("import_challenge", str(bundle), "--hackathon", "nowhere")
