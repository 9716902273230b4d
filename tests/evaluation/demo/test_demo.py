"""The demo's options, data, secrets and seed; what it does as a whole is in `test_demo_processes`."""

from __future__ import annotations

import json
import stat
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from evaluation.demo import credentials, fetch, people, processes, seed
from evaluation.demo.credentials import Credentials
from evaluation.demo.datasets.film_critics import Sentence, read_sentences, write_bundle
from evaluation.demo.options import HOST, Options, OptionsInvalid, read_options
from evaluation.demo.recipe import FILM_NIGHT
from hackathon.accounts.tokens import find_api_token
from hackathon.bundles.reading import inspect_bundle
from hackathon.enums import Role
from hackathon.models import ApiToken, Hackathon, Organization, Participation, User
from submissions.models import EnrolmentToken
from teams.models import Membership, Team


def options(data: Path, port: int = 8000) -> Options:
    return Options(port=port, data=data, is_once=True, is_reset=False)


# --- options ----------------------------------------------------------------------------------------------------


def test_options_have_defaults_and_follow_make(tmp_path: Path) -> None:
    plain = read_options({"PORT": "", "DATA": "", "ONCE": "", "RESET": ""})
    assert (plain.port, plain.is_once, plain.is_reset) == (8000, False, False)
    assert plain.data.parts[-2:] == (".data", "demo")
    chosen = read_options({"PORT": "9001", "DATA": str(tmp_path), "ONCE": "1", "RESET": "1"})
    assert chosen == Options(port=9001, data=tmp_path, is_once=True, is_reset=True)
    assert chosen.url == f"http://{HOST}:9001"


def test_each_challenge_has_a_folder_of_its_own() -> None:
    tweets = read_options({"TASK": "token-classification"})
    assert (tweets.recipe.slug, tweets.data.parts[-2:]) == ("tweet-names", (".data", "demo-tweet-names"))
    assert read_options({"TASK": "tweet-names"}).data == tweets.data
    critics = read_options({"TASK": "text-classification"})
    assert (critics.recipe.slug, critics.data) == ("film-critics", read_options({}).data)
    assert read_options({"TASK": "film-ratings", "DATA": "/somewhere"}).data == Path("/somewhere")


def test_a_task_without_a_demo_is_told_which_have_one() -> None:
    with pytest.raises(OptionsInvalid, match=r"“poetry”.*image-classification.*token-classification.*film-critics"):
        read_options({"TASK": "poetry"})


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "80 80"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(OptionsInvalid, match="PORT must be a number"):
        read_options({"PORT": port})


# --- data -------------------------------------------------------------------------------------------------------


def lines(*rows: tuple[float, str]) -> str:
    return "".join(f"{number}\t{rating}\t{text}\r\n" for number, (rating, text) in enumerate(rows))


def test_sentences_are_the_clearly_rated_ones_each_once() -> None:
    body = lines(
        (2.1, "A  joy."), (-0.4, "A bore."), (0.39, "Hm."), (1.0, "a joy."), (3.0, "Both."), (-3.0, "both."), (1.0, " ")
    )
    assert {(sentence.text, sentence.label) for sentence in read_sentences(body)} == {
        ("A joy.", "positive"),
        ("A bore.", "negative"),
    }


def sentences(count: int) -> list[Sentence]:
    return [Sentence(f"Sentence number {n}.", ("negative", "positive")[n % 2]) for n in range(count)]


def test_the_bundle_is_sound_balanced_and_always_the_same(tmp_path: Path) -> None:
    write_bundle(tmp_path / "a", sentences(4200))
    inspection = inspect_bundle(tmp_path / "a")
    assert inspection.problems.all() == []
    bundle = inspection.bundle
    assert bundle is not None
    assert [len(part) for part in (bundle.train, bundle.validation, bundle.test)] == [1600, 400, 2000]
    assert sum(row.values["label"] == "positive" for row in bundle.test_labels) == 1000
    assert bundle.labels == ("negative", "positive")
    write_bundle(tmp_path / "c", sentences(4200))
    for path in (tmp_path / "a").iterdir():
        assert (tmp_path / "c" / path.name).read_bytes() == path.read_bytes()


def test_too_few_sentences_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="only 3998 sentences"):
        write_bundle(tmp_path, sentences(3999))


def test_an_archive_with_other_bytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(fetch.FetchFailed, match="not the expected one"):
        fetch.unpack(b"PK\x03\x04 anything")
    monkeypatch.setattr(fetch, "_download", lambda folder: b"anything")
    with pytest.raises(fetch.FetchFailed):
        fetch.fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_and_right_is_not_fetched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / fetch.SENTENCES
    path.write_bytes(b"changed")
    downloads: list[Path] = []

    def download(folder: Path) -> bytes:
        downloads.append(folder)
        return b""

    monkeypatch.setattr(fetch, "_download", download)
    monkeypatch.setattr(fetch, "unpack", lambda archive: (b"the sentences", b"the licence"))
    monkeypatch.setattr(fetch, "SENTENCES_SHA256", "5b3d7b1a")
    assert fetch.fetch(tmp_path).read_bytes() == b"the sentences"
    assert (tmp_path / "LICENSE.txt").read_bytes() == b"the licence"
    assert json.loads((tmp_path / "ORIGIN.json").read_text())["license"] == "MIT"
    monkeypatch.setattr(fetch, "SENTENCES_SHA256", fetch.hashlib.sha256(b"the sentences").hexdigest())
    fetch.fetch(tmp_path)
    assert len(downloads) == 1


# --- credentials and environment ----------------------------------------------------------------------------------


def test_secrets_are_made_once_and_for_the_owner_only(tmp_path: Path) -> None:
    first = credentials.secret_key(tmp_path)
    assert credentials.secret_key(tmp_path) == first
    assert len(first) >= 50
    kept = Credentials(password="p", tokens={"a": "b"}, enrolment_token="c")
    credentials.save_credentials(tmp_path, kept)
    assert credentials.load_credentials(tmp_path) == kept
    for name in (credentials.SECRET_FILE, credentials.CREDENTIALS_FILE):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    assert (
        credentials.load_credentials(tmp_path / "new").password
        != credentials.load_credentials(tmp_path / "new").password
    )


FOREIGN = {
    "PATH": "/bin",
    "DATABASE_URL": "postgres://elsewhere",
    "HACKTUNE_SECRET_KEY": "of another site",
    "DJANGO_SETTINGS_MODULE": "other.settings",
    "PORT": "1",
    "MAKEFLAGS": "-j",
}


def test_the_worker_gets_no_secret_of_the_site_and_nobody_a_foreign_setting(tmp_path: Path) -> None:
    made = processes.Processes(options(tmp_path), FOREIGN)
    key = credentials.secret_key(tmp_path)
    worker, site, scorer = made.worker("hte_token"), made.site(), made.scorer()
    assert worker.env is not None
    assert site.env is not None
    assert scorer.env is not None
    assert {name for name in worker.env if name.startswith(("HACKTUNE", "DJANGO", "DATABASE"))} == {
        "HACKTUNE_ENROL_TOKEN"
    }
    assert key not in json.dumps([dict(worker.env), list(worker.argv)])
    assert "hte_token" not in worker.argv
    for env in (site.env, scorer.env):
        assert (env["HACKTUNE_SECRET_KEY"], env["HACKTUNE_DATA_DIR"]) == (key, str(tmp_path))
        assert "DATABASE_URL" not in env
    assert (site.env["HACKTUNE_ROLE"], scorer.env["HACKTUNE_ROLE"]) == ("site", "scorer")
    joined = made.worker("").env
    assert joined is not None
    assert "HACKTUNE_ENROL_TOKEN" not in joined


def test_reset_takes_what_is_the_demos_and_nothing_else(tmp_path: Path) -> None:
    for name in ("db.sqlite3", "demo.json", "secret", "thesis.txt"):
        (tmp_path / name).write_text("x")
    for name in ("files", "worker", "models", "photos"):
        (tmp_path / name).mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "logs").symlink_to(tmp_path / "elsewhere")
    processes.reset(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "models", "photos", "thesis.txt"]
    processes.reset(tmp_path)


def test_a_worker_that_has_joined_moves_with_the_port(tmp_path: Path) -> None:
    assert not processes.move_worker(tmp_path, "http://127.0.0.1:8000")
    path = tmp_path / "worker" / "node.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"site_url": "http://127.0.0.1:8000", "node_id": "n", "worker_token": "t"}))
    assert processes.move_worker(tmp_path, "http://127.0.0.1:8001")
    assert json.loads(path.read_text()) == {"site_url": "http://127.0.0.1:8001", "node_id": "n", "worker_token": "t"}


# --- seeding ----------------------------------------------------------------------------------------------------


def counts() -> dict[str, int]:
    models = (Organization, User, Hackathon, Participation, Team, Membership)
    return {model.__name__: model.objects.count() for model in models}


@pytest.mark.django_db
def test_seeding_twice_doubles_nothing_and_keeps_the_tokens() -> None:
    first = seed.seed_people(Credentials(password="of this test"), event=FILM_NIGHT, needs_worker=True)
    before = counts()
    second = seed.seed_people(first, event=FILM_NIGHT, needs_worker=False)
    assert counts() == before == {
        "Organization": 5, "User": 10, "Hackathon": 1, "Participation": 9, "Team": 3, "Membership": 6
    }  # fmt: skip
    assert second.tokens == first.tokens
    assert ApiToken.objects.count() == 4
    assert (bool(first.enrolment_token), second.enrolment_token, EnrolmentToken.objects.count()) == (True, "", 1)
    for email, token in first.tokens.items():
        row = find_api_token(token)
        assert row is not None
        assert row.user.email == email


@pytest.mark.django_db
def test_seeded_people_can_do_what_they_are_there_for() -> None:
    seed.seed_people(Credentials(password="of this test"), event=FILM_NIGHT, needs_worker=False)
    admin = User.objects.get(email=people.ADMIN.email)
    assert (admin.is_superuser, admin.is_staff, admin.check_password("of this test")) == (True, True, True)
    assert not User.objects.exclude(pk=admin.pk).filter(is_superuser=True).exists()
    roles = Participation.objects.values_list("role", flat=True)
    olga = User.objects.get(email=people.ORGANIZER.email)
    browser = Client()
    browser.force_login(olga)
    hackathon = Hackathon.objects.get(slug=people.HACKATHON)
    change = f"/admin/hackathon/hackathon/{hackathon.pk}/change/"
    for path in ("/admin/", change, f"/h/{people.HACKATHON}/dashboard/"):
        assert browser.get(path).status_code == 200, path
    assert not olga.is_superuser
    assert sorted(roles) == [Role.JUDGE] * 2 + [Role.ORGANIZER] + [Role.PARTICIPANT] * 6
    kinds = Organization.objects.filter(user__memberships__isnull=False).values_list("kind", flat=True).distinct()
    assert sorted(kinds) == ["company", "research_institute", "university"]


@pytest.mark.django_db
def test_a_lost_token_is_replaced_and_a_hackathon_put_away_goes_on() -> None:
    first = seed.seed_people(Credentials(password="p"), event=FILM_NIGHT, needs_worker=False)
    Hackathon.objects.update(
        starts_at=Hackathon.objects.get().starts_at - timedelta(days=9),
        ends_at=Hackathon.objects.get().ends_at - timedelta(days=9),
    )
    tokens = first.tokens | {people.ORGANIZER.email: "htu_lost"}
    second = seed.seed_people(Credentials(password="p", tokens=tokens), event=FILM_NIGHT, needs_worker=False)
    changed = {email for email in tokens if first.tokens[email] != second.tokens[email]}
    assert changed == {people.ORGANIZER.email}
    assert find_api_token(first.tokens[people.ORGANIZER.email]) is None
    hackathon = Hackathon.objects.get()
    assert hackathon.ends_at - hackathon.starts_at > timedelta(days=9)
