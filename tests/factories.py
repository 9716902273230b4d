"""Factories: rows as the services would make them, and `make_world`, a small hackathon that is ready to run jobs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import factory
from django.core.files.base import ContentFile
from django.utils import timezone

from hackathon.accounts.services import verify_mailbox
from hackathon.accounts.tokens import create_api_token, new_token
from hackathon.dataset.index import index_data
from hackathon.enums import ModelFamily, OrganizationKind, Role, Visibility
from hackathon.files.storage import storage
from hackathon.models import (
    BaseModel,
    Challenge,
    ChallengeData,
    Hackathon,
    Organization,
    Participation,
    Phase,
    User,
)
from submissions.models import Node
from submissions.services.nodes import create_enrolment_token, enrol_node
from teams.models import Membership, MembershipRole, Team
from training_worker.contract.models import content_sha256
from training_worker.contract.precision import Precision
from training_worker.contract.wire import RECIPE, FileRef, JobKind, ModelManifest, NodeReport

PASSWORD = "correct horse battery staple"
LABELS = ("negative", "positive")
CONFIG: dict[str, Any] = {
    "base_model": "tiny-bert",
    "method": {"name": "head"},
    "training": {"learning_rate": 0.01, "num_train_epochs": 1, "max_length": 32},
}


class OrganizationFactory(factory.django.DjangoModelFactory[Organization]):
    class Meta:
        model = Organization

    name = factory.Sequence(lambda n: f"Organization {n}")
    kind = OrganizationKind.UNIVERSITY


class UserFactory(factory.django.DjangoModelFactory[User]):
    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.org")
    name = factory.Sequence(lambda n: f"Person {n}")
    organization = factory.SubFactory(OrganizationFactory)
    password = factory.django.Password(PASSWORD)

    @factory.post_generation
    def mailbox(self: User, create: bool, extracted: Any, **kwargs: Any) -> None:  # type: ignore[misc]  # an instance
        if create:
            verify_mailbox(user=self)


class HackathonFactory(factory.django.DjangoModelFactory[Hackathon]):
    class Meta:
        model = Hackathon

    slug = factory.Sequence(lambda n: f"hackathon-{n}")
    name = factory.Sequence(lambda n: f"Hackathon {n}")
    visibility = Visibility.PUBLIC
    starts_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=2))
    ends_at = factory.LazyFunction(lambda: timezone.now() + timedelta(hours=46))


class ParticipationFactory(factory.django.DjangoModelFactory[Participation]):
    class Meta:
        model = Participation

    user = factory.SubFactory(UserFactory)
    hackathon = factory.SubFactory(HackathonFactory)
    role = Role.PARTICIPANT
    organization = factory.SelfAttribute("user.organization")


class BaseModelFactory(factory.django.DjangoModelFactory[BaseModel]):
    class Meta:
        model = BaseModel

    slug = factory.Sequence(lambda n: f"tiny-bert-{n}")
    name = "Tiny BERT"
    family = ModelFamily.ENCODER
    architecture = "bert"
    source = "made for tests"
    revision = "1"
    license = "Apache-2.0"
    parameters = 1000
    sha256 = factory.LazyAttribute(lambda o: content_sha256(_model_files(o.slug)))
    manifest = factory.LazyAttribute(
        lambda o: ModelManifest(slug=o.slug, sha256=o.sha256, files=_model_files(o.slug)).model_dump(mode="json")
    )
    facts = factory.LazyFunction(
        lambda: {
            "family": "encoder",
            "tasks": ["text-classification", "text-regression", "token-classification"],
            "max_positions": 512,
            "layers": ["attention", "all-linear"],
        }
    )


def _model_files(slug: str) -> tuple[FileRef, ...]:
    body = _model_body(slug)
    return (FileRef(name="config.json", sha256=hashlib.sha256(body).hexdigest(), size=len(body)),)


def _model_body(slug: str) -> bytes:
    return json.dumps({"model_type": "bert", "slug": slug}).encode()


class ChallengeFactory(factory.django.DjangoModelFactory[Challenge]):
    class Meta:
        model = Challenge

    hackathon = factory.SubFactory(HackathonFactory)
    slug = factory.Sequence(lambda n: f"challenge-{n}")
    title = factory.Sequence(lambda n: f"Challenge {n}")
    task = "text-classification"
    primary_metric = "accuracy"
    is_published = True
    limits = factory.LazyFunction(
        lambda: {
            "base_models": ["tiny-bert"],
            "methods": ["full", "head", "lora"],
            "budget": {"max_steps": 1000, "max_seconds": 60.0, "max_memory_mb": 2048},
        }
    )


class ChallengeDataFactory(factory.django.DjangoModelFactory[ChallengeData]):
    """A data version without files; `store_data` makes one with files, labels and split."""

    class Meta:
        model = ChallengeData

    challenge = factory.SubFactory(ChallengeFactory)
    version = factory.Sequence(lambda n: n + 1)
    sha256 = factory.LazyAttribute(lambda o: hashlib.sha256(f"{o.challenge.slug} {o.version}".encode()).hexdigest())
    files: Any = factory.LazyFunction(list)
    public_count = 30
    private_count = 70
    manifest = factory.LazyAttribute(
        lambda o: {
            "task": "text-classification",
            "version": str(o.version),
            "labels": list(LABELS),
            "train_examples": 20,
            "validation_examples": 10,
            "test_examples": o.public_count + o.private_count,
        }
    )


class PhaseFactory(factory.django.DjangoModelFactory[Phase]):
    class Meta:
        model = Phase

    challenge = factory.SubFactory(ChallengeFactory)
    name = "Main"
    opens_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=1))
    closes_at = factory.LazyFunction(lambda: timezone.now() + timedelta(hours=40))
    data = factory.LazyAttribute(lambda o: ChallengeDataFactory(challenge=o.challenge))


class TeamFactory(factory.django.DjangoModelFactory[Team]):
    class Meta:
        model = Team

    hackathon = factory.SubFactory(HackathonFactory)
    name = factory.Sequence(lambda n: f"Team {n}")


class MembershipFactory(factory.django.DjangoModelFactory[Membership]):
    class Meta:
        model = Membership

    team = factory.SubFactory(TeamFactory)
    user = factory.SubFactory(UserFactory)
    hackathon = factory.SelfAttribute("team.hackathon")


@dataclass
class World:
    """What `make_world` made. Tokens are API tokens of the person of the same name."""

    hackathon: Hackathon
    challenge: Challenge
    data: ChallengeData
    phase: Phase
    model: BaseModel
    organizer: User
    judge: User
    team: Team
    captain: User
    teammate: User
    rivals: Team
    rival: User
    outsider: User
    tokens: dict[str, str]

    def token(self, who: str) -> str:
        """`Bearer …` of "organizer", "judge", "captain", "teammate", "rival" or "outsider"."""
        return f"Bearer {self.tokens[who]}"


def make_world(
    *, test_items: int = 100, visibility: Visibility = Visibility.PUBLIC, model: BaseModel | None = None
) -> World:
    """A running hackathon with an open phase whose files, labels and split are stored.

    Without `model` the base model is a row whose one file no worker could load.
    """
    hackathon = HackathonFactory(visibility=visibility)
    if model is None:
        model = BaseModelFactory(slug="tiny-bert")
        storage("models").save(f"{model.sha256}/config.json", ContentFile(_model_body(model.slug)))
    challenge = ChallengeFactory(hackathon=hackathon)
    data = store_data(challenge, test_items=test_items)
    phase = PhaseFactory(challenge=challenge, data=data)
    people = {
        name: UserFactory(name=name.title())
        for name in ("organizer", "judge", "captain", "teammate", "rival", "outsider")
    }
    roles = {"organizer": Role.ORGANIZER, "judge": Role.JUDGE}
    for name, user in people.items():
        if name != "outsider":
            ParticipationFactory(user=user, hackathon=hackathon, role=roles.get(name, Role.PARTICIPANT))
    team, rivals = TeamFactory(hackathon=hackathon, name="Otters"), TeamFactory(hackathon=hackathon, name="Rivals")
    MembershipFactory(team=team, user=people["captain"], role=MembershipRole.CAPTAIN)
    MembershipFactory(team=team, user=people["teammate"])
    MembershipFactory(team=rivals, user=people["rival"], role=MembershipRole.CAPTAIN)
    tokens = {name: create_api_token(user=user, name="tests")[1] for name, user in people.items()}
    return World(
        hackathon=hackathon,
        challenge=challenge,
        data=data,
        phase=phase,
        model=model,
        team=team,
        rivals=rivals,
        tokens=tokens,
        **people,
    )


def store_data(challenge: Challenge, *, test_items: int = 100) -> ChallengeData:
    """A data version with files in the `datasets` storage, labels and a 30/70 split in the `labels` storage.

    Test item i is "item-<i>"; its label is LABELS[i % 2]; the first 30 % are public.
    """
    public = test_items * 3 // 10
    data = ChallengeDataFactory(challenge=challenge, public_count=public, private_count=test_items - public)
    ids = [f"item-{i}" for i in range(test_items)]
    splits = {
        "train.jsonl": [{"id": f"train-{i}", "text": f"text {i}", "label": LABELS[i % 2]} for i in range(20)],
        "validation.jsonl": [{"id": f"val-{i}", "text": f"text v{i}", "label": LABELS[i % 2]} for i in range(10)],
        "test.jsonl": [{"id": name, "text": f"hidden {name}"} for name in ids],
    }
    files = []
    for name, rows in splits.items():
        body = jsonl(rows)
        storage("datasets").save(f"{data.prefix}/{name}", ContentFile(body))
        files.append({"name": name, "sha256": hashlib.sha256(body).hexdigest(), "size": len(body)})
    data.files = files
    facts, index = index_data(data.challenge.task_spec, LABELS, {name: jsonl(rows) for name, rows in splits.items()})
    for name, body in index.items():
        storage("datasets").save(f"{data.prefix}/{name}", ContentFile(body))
    data.facts = facts.model_dump(mode="json")
    data.save()
    labels = [{"id": name, "label": LABELS[i % 2]} for i, name in enumerate(ids)]
    storage("labels").save(f"{data.prefix}/test_labels.jsonl", ContentFile(jsonl(labels)))
    split = {"public": ids[:public], "private": ids[public:]}
    storage("labels").save(f"{data.prefix}/split.json", ContentFile(json.dumps(split).encode()))
    return data


def jsonl(rows: Iterable[object]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def make_node(name: str = "node-1") -> tuple[Node, str]:
    """An enrolled node and its worker token."""
    token = new_token("htw")
    return enrol_node(token=create_enrolment_token(), name=name, worker_token=token), token


def node_report(**changes: Any) -> NodeReport:
    """What a capable node says of itself."""
    values: dict[str, Any] = {
        "version": "0.1.0",
        "recipe": RECIPE,
        "kinds": (JobKind.RUN, JobKind.BASELINE, JobKind.BASE_SCORE),
        "precisions": (Precision.FP32,),
        "device": "cpu",
        "memory_mb": 8192,
        "disk_free_mb": 10_000,
    }
    return NodeReport(**values | changes)
