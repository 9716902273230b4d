"""Between supervisor and training child: one small JSON object per message over a pipe, bulk data in files."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from ..contract.base import ContractModel
from ..contract.log_lines import LogLine
from ..contract.measured import MeasuredSpeed
from ..contract.precision import Precision
from ..contract.report import Collapse
from ..contract.wire import CurvePoint, FailureCode, JobSpec, Stage, StoppedBy, Telemetry


class ChildJob(ContractModel):
    """What the child gets: the spec without URLs, and where its files are."""

    spec: JobSpec
    data: dict[str, str]
    """Path by file name: the task's `data_files`."""
    model: str
    features: str
    """Folder of the node's frozen features."""
    output: str
    threads: int


class DeviceInfo(ContractModel):
    """Answer of the probe child: proof that the warm process has torch inside, and what it can compute on."""

    type: Literal["device"] = "device"
    device: str
    memory_mb: int
    precisions: tuple[Precision, ...]
    can_load_in_4bit: bool
    threads_in_template: int
    preloaded: bool


class ChildProgress(ContractModel):
    """What happened since the last message."""

    type: Literal["progress"] = "progress"
    stage: Stage
    step: int = 0
    total_steps: int = 0
    points: tuple[CurvePoint, ...] = ()
    lines: tuple[LogLine, ...] = ()


class ChildResult(ContractModel):
    """The work is done; `outputs` are names of files in the job's output folder."""

    type: Literal["result"] = "result"
    outputs: tuple[str, ...]
    validation: dict[str, float]
    stopped_by: StoppedBy
    steps: int
    base_method: str
    telemetry: Telemetry
    speed: MeasuredSpeed | None = None
    longest_example: int | None = None
    collapse: Collapse | None = None


class ChildFailure(ContractModel):
    """An own fault of the config, seen by the child itself."""

    type: Literal["failure"] = "failure"
    code: FailureCode
    message: str
    hint: str


class ChildCrash(ContractModel):
    """An exception that is nobody's config: the job goes back as a loss."""

    type: Literal["crash"] = "crash"
    reason: str


Message = Annotated[DeviceInfo | ChildProgress | ChildResult | ChildFailure | ChildCrash, Field(discriminator="type")]
_MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)


def read_message(data: bytes) -> Message:
    """Parse one message. Raises `pydantic.ValidationError`."""
    return _MESSAGE.validate_json(data)
