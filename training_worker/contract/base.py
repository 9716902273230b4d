"""The one base class of the contract and the one shape of a field error."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

JSON = Any
"""What `json.loads` returns."""

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class ContractModel(BaseModel):
    """Frozen, strict, closed: an unknown field, a lax type or a non-finite number is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class FieldError(ContractModel):
    """One thing that is wrong with one field.

    `code` is stable and machine-readable, `field` a dotted path ("method.r"), `allowed` says what would be
    accepted ("1 … 64", or the list of legal values) and is empty where nothing sensible can be said.
    """

    code: str
    field: str
    message: str
    allowed: str = ""


class Range(ContractModel):
    """Closed interval of legal values of one number."""

    min: float
    max: float

    def __contains__(self, value: float) -> bool:
        return self.min <= value <= self.max

    def __str__(self) -> str:
        return f"{self.min:g} … {self.max:g}"


Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
