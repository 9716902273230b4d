"""What worker and contract say: every sentence is known, is found again in what was said, and has its Chinese."""

from __future__ import annotations

import ast
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import LazySettings
from django.utils.translation import override, trans_real
from pydantic import BaseModel

from hackathon.clock import db_now
from hackathon.web.translation import translated
from submissions.models import Job
from submissions.services.attempts import accept_failure, release_attempt
from submissions.services.sweep import sweep
from tests.api import client_of, config, submit
from tests.factories import World, make_node
from tests.pages import browser_of, html
from tests.stack import REPOSITORY
from tests.submissions.play import claim
from training_worker.contract import sentences
from training_worker.contract.config import METHODS, ConfigInvalid, TrainingArguments, describe_allowed, parse_config
from training_worker.contract.sentences import ENDINGS, HINTS, SENTENCES, Sentence, recognize
from training_worker.contract.wire import FailureCode, JobFailure, JobRelease, StoppedBy

PO = REPOSITORY / "hackathon" / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
CHINESE = re.compile("[一-鿿]")
CHINESE_READER = {"Accept-Language": "zh-hans"}
OOM = sentences.MEMORY_CAP(used="5,000", cap="4,096")


def values_of(sentence: Sentence) -> dict[str, str]:
    return {name: f"{number}.5" for number, name in enumerate(sentence.pattern().groupindex, 1)}


@pytest.fixture
def chinese(tmp_path: Path, settings: LazySettings) -> Iterator[None]:
    """The translations as they are in the source, whatever was compiled last."""
    target = tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.mo"
    target.parent.mkdir(parents=True)
    with PO.open("rb") as source, target.open("wb") as compiled:
        write_mo(compiled, read_po(source, locale="zh_Hans"))
    settings.LOCALE_PATHS = [tmp_path]
    with patch.object(trans_real, "_translations", {}):
        yield


# --- the list of sentences --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_is_found_again_and_has_its_chinese(sentence: Sentence, chinese: None) -> None:
    values = values_of(sentence)
    english = sentence(**values)
    assert recognize(english) == (sentence, values)
    assert translated(english) == english
    with override("zh-hans"):
        said = translated(english)
    assert said != english or not re.search("[a-z]{3}", re.sub(r"max_length|\d", "", english))
    assert CHINESE.search(said), said
    assert all(value in said for value in values.values())


def test_every_failure_and_every_ending_has_words() -> None:
    assert HINTS.keys() == {code.value for code in FailureCode}
    assert ENDINGS.keys() == {ending.value for ending in StoppedBy}
    assert len(set(SENTENCES)) == len(SENTENCES)


@pytest.mark.parametrize("text", ["", "I say so.", "ValueError: too many values", "%(used)s", "scored!", "已评分"])
def test_other_peoples_words_stay_as_they_are(text: str, chinese: None) -> None:
    with override("zh-hans"):
        assert translated(text) == text


def test_a_sentence_in_a_sentence_is_translated_too(chinese: None) -> None:
    with override("zh-hans"):
        said = [translated(sentences.LOSSES(losses=5, reason=text)) for text in (sentences.NODE_LOST, "OSError: x")]
    assert said == ["已丢失 5 次；最近一次：节点失去联系", "已丢失 5 次；最近一次：OSError: x"]


SPEAKERS = {"Diverged", "ModelIntegrity", "IntegrityError", "Released", "ChildFailure", "JobFailure", "FieldError"}
SPEAKERS |= {"_failure", "_exceeds", "move", "lose_attempt"}
SAID = {"message", "hint", "allowed", "reason", "failure_message", "failure_hint"}
ROOMS = ["training_worker", "submissions/services", "evaluation/services"]


def spoken(tree: ast.AST) -> Iterator[ast.expr]:
    """What a call hands over to be read by a team."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name | ast.Attribute):
            name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr
            if name in SPEAKERS:
                yield from call.args
                yield from (word.value for word in call.keywords if word.arg in SAID)


def literal_speech(source: str) -> list[str]:
    said = [ast.unparse(one) for one in spoken(ast.parse(source)) if isinstance(one, ast.JoinedStr | ast.Constant)]
    return [text for text in said if re.search("[a-z]{2} ", text)]


def test_nobody_speaks_beside_the_list() -> None:
    """A literal text would be English for everybody: only codes, sizes and other people's words are no sentences."""
    assert literal_speech('raise Diverged(f"the loss is {x}")') == ["f'the loss is {x}'"]
    assert literal_speech('move(job, to, reason="it fell silent")') == ["'it fell silent'"]
    sources = [path.read_text() for room in ROOMS for path in (REPOSITORY / room).rglob("*.py")]
    assert [text for source in sources for text in literal_speech(source)] == []


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"base_model": 5, "method": {"name": "lora", "r": "8"}, "x": 1},
        {"base_model": "", "method": {"name": "magic"}, "training": []},
        {"base_model": "a", "method": {}, "training": {"learning_rate": "a", "optim": "lion", "max_length": 8.5}},
        {"base_model": "a", "method": {"name": "lora", "lora_dropout": float("nan")}, "training": {"max_length": 1}},
        {"base_model": "a" * 2000, "method": None, "training": {"learning_rate": True, "optim": None}},
    ],
)
def test_what_is_wrong_with_a_config_is_said_in_sentences_of_the_list(changes: dict[str, object]) -> None:
    with pytest.raises(ConfigInvalid) as caught:
        parse_config(changes)
    assert [error.message for error in caught.value.errors if recognize(error.message) is None] == []


def test_ranges_in_words_are_sentences_too() -> None:
    models: list[type[BaseModel]] = [TrainingArguments, *METHODS.values()]
    described = {describe_allowed(model, name) for model in models for name in model.model_fields}  # type: ignore[arg-type]
    assert {text for text in described if "above" in text and recognize(text) is None} == set()
    assert "above 0 … 1" in described


# --- as people read it ------------------------------------------------------------------------------------------------


def failed(world: World) -> str:
    """The id of a submission whose run needed too much memory."""
    submission: str = submit(world).json()["id"]
    node, _token = make_node()
    while (taken := claim(node)) is not None:
        job = Job.objects.get(pk=taken.spec.job_id)
        if job.submission_id is not None:
            break
        Job.objects.filter(pk=job.pk).update(state="cancelled")
    failure = JobFailure(code=FailureCode.CONFIG_OOM, message=OOM, hint=HINTS["config_oom"], compute_seconds=3.0)
    accept_failure(job_id=str(job.pk), attempt=job.attempt, failure=failure)
    return submission


def test_two_readers_read_the_same_failure_each_in_their_language(world: World, chinese: None) -> None:
    submission = failed(world)
    browser, path = browser_of(world, "captain"), f"/s/{submission}/"
    english = html(browser.get(path))
    chinese_page = html(browser.get(path, headers=CHINESE_READER))
    assert "The training needed 5,000 MB; the cap is 4,096 MB." in english
    assert "Use a smaller per_device_train_batch_size" in english
    assert "训练需要 5,000 MB 内存，上限是 4,096 MB。" in chinese_page
    assert "请减小 per_device_train_batch_size 或 max_length" in chinese_page
    assert "已被节点领取" in chinese_page
    for words in ("The training needed", "Use a smaller", "submitted", ">claimed<"):
        assert words not in chinese_page
    api = client_of(world, "captain")
    shown = api.get(f"/api/submissions/{submission}/", headers=CHINESE_READER).json()
    assert shown["failure"]["code"] == "config_oom"
    assert shown["failure"]["message"] == "训练需要 5,000 MB 内存，上限是 4,096 MB。"
    assert [event["reason"] for event in shown["events"]][:2] == ["已提交", "已被节点领取"]
    assert api.get(f"/api/submissions/{submission}/").json()["failure"]["message"] == OOM


def test_the_chinese_sentences_of_the_first_page_have_no_spaces_between_them(world: World, chinese: None) -> None:
    shown = html(browser_of(world, "anonymous").get("/", headers=CHINESE_READER))
    assert "竞赛。你提交一份配置" in shown
    assert "超参数。Hacktune 在" in shown


def test_a_chinese_reader_reads_what_is_wrong_with_a_config(world: World, chinese: None) -> None:
    wrong = config(learning_rate=7.0)
    body = {"phase": str(world.phase.pk), "config": wrong}
    answer = client_of(world, "captain").post("/api/submissions/", body, headers=CHINESE_READER)
    (field,) = answer.json()["fields"]
    assert (answer.status_code, field["code"], field["field"]) == (400, "out_of_range", "training.learning_rate")
    assert (field["message"], field["allowed"]) == ("超出允许范围。", "大于 0 … 1")
    form = {"base_model": "tiny-bert", "method.name": "lora", "training.learning_rate": "7"}
    path = f"/c/{world.challenge.slug}/submit/"
    page = html(browser_of(world, "captain").post(path, form, headers=CHINESE_READER))
    assert "大于 0 … 1" in page
    assert "outside of what is allowed" not in page
    assert "above 0" not in page


def test_a_budget_that_is_exceeded_is_told_in_chinese(world: World, chinese: None) -> None:
    world.challenge.limits["budget"] = {"max_steps": 1}
    world.challenge.save()
    body = {"phase": str(world.phase.pk), "config": config(num_train_epochs=3, per_device_train_batch_size=1)}
    answer = client_of(world, "captain").post("/api/submissions/", body, headers=CHINESE_READER)
    (field,) = answer.json()["fields"]
    assert field["code"] == "exceeds_budget"
    assert CHINESE.search(field["message"])
    assert field["allowed"] == "≤ 1 步：请减少轮次或增大批大小"


def test_reasons_of_losses_are_told_in_chinese(world: World, chinese: None) -> None:
    submission = submit(world).json()["id"]
    job = Job.objects.get(submission=submission)
    now = db_now()
    Job.objects.filter(pk=job.pk).update(state="running", attempt=1, lease_until=now - timedelta(seconds=1))
    sweep(now)
    Job.objects.filter(pk=job.pk).update(state="running", attempt=2)
    release = JobRelease(reason=sentences.DIED(code=-9), lost=True)
    release_attempt(job_id=str(job.pk), attempt=2, release=release)
    shown = client_of(world, "captain").get(f"/api/submissions/{submission}/", headers=CHINESE_READER).json()
    assert [event["reason"] for event in shown["events"]] == ["已提交", "节点失去联系", "训练进程异常终止，退出码 -9。"]


@pytest.mark.parametrize(
    "sentence", [one for one in sentences.SENTENCES if one.count("%(") > 1], ids=lambda one: one[:20]
)
def test_a_text_that_nearly_is_a_sentence_is_read_quickly(sentence: sentences.Sentence) -> None:
    _first, *between, _last = re.split(r"%\(\w+\)s", sentence)
    text = sentence % {name: "".join(part * 200 for part in between) for name in re.findall(r"%\((\w+)\)s", sentence)}
    began = time.perf_counter()
    sentences.recognize(f"{text[:4000]}\0")
    assert time.perf_counter() - began < 0.2
