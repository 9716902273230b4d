"""The wire between the site and a GPU node. Every body below is JSON over HTTPS at `/api/worker/`.

POST enrol/                EnrolRequest  → EnrolAnswer          one-time enrolment token in the body
POST claim/                ClaimRequest  → 200 Claim | 204      Bearer worker token; 204 may have Retry-After
POST jobs/<id>/progress/   Progress      → 200 ProgressAnswer   Bearer attempt token, as all below
POST jobs/<id>/urls/       {}            → 200 JobFiles         fresh signed URLs
POST jobs/<id>/result/     JobResult     → 200; the same result twice → 200
POST jobs/<id>/failure/    JobFailure    → 200
POST jobs/<id>/release/    JobRelease    → 200
GET  <signed input URL>                  → the bytes
PUT  <signed output URL>   raw bytes, header X-Content-Sha256 → 201; too large → 413; other sha256 → 422

A post of an attempt that is not the job's current one gets 409 `stale_attempt` and changes nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from .base import ContractModel, Sha256, Slug
from .bounds import (
    FASTEST,
    Bytes,
    Count,
    Figure,
    Line,
    Megabytes,
    MegabytesUsed,
    Name,
    Paragraph,
    Parameters,
    Seconds,
    Word,
)
from .config import LONGEST, SubmissionConfig
from .facts import Pooling
from .families import Family
from .limits import Budget
from .log_lines import LogLine
from .measured import MeasuredSpeed
from .precision import Precision
from .report import Collapse

WAKE_TASK = "training_worker.wake"
"""Celery task name of the doorbell. It carries no arguments and names no job."""

WORKER_QUEUE = "workers"
SITE_QUEUE = "site"
"""The site's periodic work and mail: never behind a scoring."""
SCORING_QUEUE = "scoring"

LEASE_SECONDS = 40.0
IDLE_POLL_SECONDS = 15.0
PROGRESS_SECONDS = 5.0
"""A running job posts at least this often, and at most once a second."""

RECIPE = "2026.11"
"""Version of the training recipe this code implements; a phase pins one."""

WorkerToken = Annotated[str, Field(pattern=r"^htw_[A-Za-z0-9_-]{43}$")]
"""`htw_` and 32 random bytes in base64url."""
MOST_CACHED_MODELS = 1000
"""That a node names; with more it names some of them."""

FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]


class JobKind(StrEnum):
    RUN = "run"
    BASELINE = "baseline"
    BASE_SCORE = "base_score"


class Stage(StrEnum):
    """What a RUNNING job is doing, in this order."""

    PREPARE = "prepare"
    TRAIN = "train"
    PREDICT = "predict"
    UPLOAD = "upload"


class StoppedBy(StrEnum):
    """Why training ended. `steps` and `seconds` are the budget; such a run is never a cached answer."""

    EPOCHS = "epochs"
    EARLY_STOPPING = "early_stopping"
    STEPS = "steps"
    SECONDS = "seconds"
    NOTHING_TO_TRAIN = "nothing_to_train"


class FailureCode(StrEnum):
    """Own faults: never retried, cost one attempt and the compute used."""

    CONFIG_OOM = "config_oom"
    DIVERGED = "diverged"
    TIME_LIMIT = "time_limit"
    MODEL_INTEGRITY = "model_integrity"
    """A model file's sha256 is wrong: the one platform fault a worker reports as a failure."""


# --- nodes ---------------------------------------------------------------------------------------------------


class NodeLoad(ContractModel):
    """What is in use on a node, sent with claims and progress. `memory_used_mb` is None where it cannot be told."""

    memory_used_mb: Megabytes | None = None
    disk_free_mb: Megabytes


class NodeReport(NodeLoad):
    """What a node is and has, sent with every claim: its heartbeat. Sizes in MB (2**20 bytes)."""

    version: Name
    recipe: Name
    kinds: Annotated[tuple[JobKind, ...], Field(max_length=20)]
    precisions: Annotated[tuple[Precision, ...], Field(max_length=20)]
    device: Word
    memory_mb: Megabytes
    can_load_in_4bit: bool = False
    cached_models: Annotated[tuple[Sha256, ...], Field(max_length=MOST_CACHED_MODELS)] = ()
    last_error: Paragraph = ""


class EnrolRequest(ContractModel):
    """The node makes its own worker token, so that the same request gets the same answer, should one be lost."""

    token: Line
    worker_token: WorkerToken
    name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class EnrolAnswer(ContractModel):
    node_id: str


class ClaimRequest(ContractModel):
    """`number` rises with every claim of the node, restarts included: the same one gets the same job again, should an
    answer be lost, and a smaller one is late and gets nothing."""

    number: Annotated[int, Field(ge=1, lt=2**53)]
    node: NodeReport


# --- inputs and outputs --------------------------------------------------------------------------------------


class FileRef(ContractModel):
    """One immutable file: where a node gets it, and how it knows that it got the right bytes."""

    name: FileName
    sha256: Sha256
    size: Bytes
    url: str = ""


NewTokens = Annotated[int, Field(ge=1, le=LONGEST)]


class DatasetManifest(ContractModel):
    """What a worker may know about a data version: no test label, no split."""

    task: str
    version: Annotated[str, Field(max_length=64)]
    labels: tuple[str, ...]
    train_examples: int
    validation_examples: int
    test_examples: int
    max_new_tokens: NewTokens | None = None
    """Of an answer that is written token by token; None: as many as the longest training answer has."""


class ModelManifest(ContractModel):
    """A registered base model: a safetensors folder with config and tokenizer, content-addressed.

    `sha256` is the sha256 over the sorted lines `<sha256>  <name>\\n` of its files. `family` chooses between ways to do
    a task; None: that of the task's first family.
    """

    slug: Slug
    sha256: Sha256
    files: tuple[FileRef, ...]
    family: Family | None = None
    """None: the task's first one."""
    pooling: Pooling | None = None
    source: Annotated[str, Field(max_length=500)] = ""
    revision: Annotated[str, Field(max_length=100)] = ""
    license: Annotated[str, Field(max_length=100)] = ""


class OutputSlot(ContractModel):
    """One file the worker may upload in this attempt."""

    name: FileName
    url: str
    max_bytes: Annotated[int, Field(ge=1)]


class JobFiles(ContractModel):
    """Signed URLs, valid 15 minutes; renewed by `urls/`.

    Inputs: the task's `data_files`; those of the test split hold inputs only. Outputs: `OUTPUTS` below.
    """

    data: tuple[FileRef, ...]
    model: ModelManifest
    outputs: tuple[OutputSlot, ...]


PREDICTIONS = "predictions.jsonl"
VALIDATION_PREDICTIONS = "validation_predictions.jsonl"
REPORT = "report.json"
EXAMPLES = "examples.jsonl"
"""Every validation item as the report shows a few: `report.KeptExample`, errors first; the last are left out where all
would be larger than it may be."""
MODEL_CARD = "README.md"
WEIGHT_FILE = "model.safetensors"
RUN_INFO = "run.json"
HEAD_WEIGHTS = "head.safetensors"
BOTTLENECKS = "adapters.safetensors"

MEGABYTE = 2**20
MODEL_FILES: dict[str, int] = {
    MODEL_CARD: MEGABYTE,
    "config.json": MEGABYTE,
    "generation_config.json": MEGABYTE,
    WEIGHT_FILE: 2**32,
    "adapter_config.json": MEGABYTE,
    "adapter_model.safetensors": 2**32,
    HEAD_WEIGHTS: 2**30,
    BOTTLENECKS: 2**32,
    "tokenizer.json": 64 * MEGABYTE,
    "tokenizer_config.json": MEGABYTE,
    "special_tokens_map.json": MEGABYTE,
    "chat_template.jinja": MEGABYTE,
    "vocab.txt": 16 * MEGABYTE,
    "vocab.json": 16 * MEGABYTE,
    "preprocessor_config.json": MEGABYTE,
}
"""What makes a folder that transformers or peft loads; a run uploads those that its method and model need."""
OUTPUTS: dict[str, int] = {
    PREDICTIONS: 64 * MEGABYTE,
    VALIDATION_PREDICTIONS: 64 * MEGABYTE,
    REPORT: 16 * MEGABYTE,
    EXAMPLES: 8 * MEGABYTE,
    RUN_INFO: MEGABYTE,
    **MODEL_FILES,
}
"""Output files of a training job and their largest size in bytes."""


class JobSpec(ContractModel):
    """Everything one attempt needs. `config` is None for `base_score`: score the untrained model."""

    schema_version: Literal[1] = 1
    job_id: str
    kind: JobKind
    attempt: Annotated[int, Field(ge=1)]
    config: SubmissionConfig | None
    dataset: DatasetManifest
    files: JobFiles
    budget: Budget
    precision: Precision
    recipe: str
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    base_seed: Annotated[int, Field(ge=0, lt=2**31)]
    """Seed of the prototypes' examples: the same for every run on this data version."""
    primary_metric: str


class Claim(ContractModel):
    """Answer to a claim: the job, the token of this attempt, and how long the lease lasts."""

    spec: JobSpec
    attempt_token: str
    lease_seconds: float


# --- while it runs -------------------------------------------------------------------------------------------


class CurvePoint(ContractModel):
    """One point of a curve. `name` is `train_loss`, `learning_rate`, `train_steps_per_second` (since the first step,
    validations included), `validation_loss` or `validation_<metric>`."""

    step: Count
    name: Name
    value: Figure


class Progress(ContractModel):
    """What happened since the last post. `seq` counts the posts of an attempt from 1: a doubled post is dropped."""

    seq: Annotated[Count, Field(ge=1)]
    stage: Stage
    step: Count = 0
    total_steps: Count = 0
    points: Annotated[tuple[CurvePoint, ...], Field(max_length=1000)] = ()
    lines: Annotated[tuple[LogLine, ...], Field(max_length=1000)] = ()
    load: NodeLoad | None = None


class ProgressAnswer(ContractModel):
    action: Literal["continue", "cancel"]
    lease_seconds: float = LEASE_SECONDS


# --- how it ends ---------------------------------------------------------------------------------------------


class OutputRef(ContractModel):
    """A file that was uploaded in this attempt."""

    name: FileName
    sha256: Sha256
    size: Bytes


class Telemetry(ContractModel):
    """Figures of one run. Seconds by stage and in all; `saved_seconds` is what those features cost when they were
    computed that this run found on its node; parameters trained and in all; peak memory of the training process on its
    device."""

    seconds: Annotated[dict[Name, Seconds], Field(max_length=50)]
    compute_seconds: Seconds
    saved_seconds: Seconds = 0.0
    peak_memory_mb: MegabytesUsed
    parameters_total: Parameters
    parameters_trained: Parameters
    train_units_per_second: Annotated[float, Field(ge=0.0, le=FASTEST)] = 0.0
    device: Word
    versions: Annotated[dict[Name, Word], Field(max_length=50)] = {}
    best_step: Count = 0


class JobResult(ContractModel):
    """A finished run: uploaded files, validation metrics, telemetry. It holds no test score: the worker cannot know
    one.

    `speed` and `longest_example` are what a base score measured: for the site's estimates, and the size in tokens of
    the longest example of any split (as far as `max_length` goes) for its canonical configs.
    """

    outputs: Annotated[tuple[OutputRef, ...], Field(max_length=20)]
    validation: Annotated[dict[Name, Figure], Field(max_length=50)]
    stopped_by: StoppedBy
    steps: Count
    base_method: Word = ""
    """How the base score was made, in words, e.g. "class prototypes, 64 examples a class"."""
    telemetry: Telemetry
    speed: MeasuredSpeed | None = None
    longest_example: Annotated[int, Field(ge=1, le=LONGEST)] | None = None
    collapse: Collapse | None = None
    """As in the validation report."""


class JobFailure(ContractModel):
    """An own fault of the config (or `model_integrity`): class, message, hint. Never holds test data."""

    code: FailureCode
    message: Paragraph
    hint: Paragraph
    compute_seconds: Seconds


class JobRelease(ContractModel):
    """The node gives the job back (SIGTERM, or the child died of something that is not the config's fault).

    `lost=True` counts as a loss (back-off, quarantine after 5); a release on shutdown costs nothing.
    """

    reason: Paragraph
    lost: bool = False
