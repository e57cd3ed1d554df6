"""Escalations on the wire: what an SLA does by itself when a clock has used a share of its target."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NotRequired, Self

from pydantic import AfterValidator, ConfigDict, Field, ValidatorFunctionWrapHandler, WrapValidator, model_validator
from typing_extensions import TypedDict

from app.directory.examples import LEAD_OF_FINANCE, LEGAL
from app.kernel.schemas import Id, Schema, left_out

MetricName = Literal["acknowledge", "update", "resolve"]
PriorityName = Literal["p1", "p2", "p3", "p4"]
DoName = Literal["notify", "raise_priority", "reassign", "open_ticket"]

MOST_ESCALATIONS = 20


class _Escalation(Schema):
    """When it is due: at which share of which metric's target."""

    metric: MetricName = Field(description="The clock that escalates; the SLA has a target of this metric.")
    at: Annotated[float, Field(gt=0, le=1)] = Field(
        description="The fraction of the target that has been used by then; 1: at the breach.", examples=[0.8]
    )


def _either(schema: dict[str, Any]) -> None:
    schema["oneOf"] = [{"required": ["member_id"]}, {"required": ["department_id"]}]
    for field in schema["properties"].values():
        field.pop("default", None)


class _Addressed(_Escalation):
    model_config = ConfigDict(json_schema_extra=_either)

    member_id: Id = left_out(examples=[LEAD_OF_FINANCE])
    department_id: Id = left_out(examples=[LEGAL])

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if len({"member_id", "department_id"} & self.model_fields_set) != 1:
            raise ValueError("must name either a member_id or a department_id")
        return self


class Notify(_Addressed):
    """Tells a member or a department: the event `sla.escalated`, which names them."""

    do: Literal["notify"]


class RaisePriority(_Escalation):
    """Makes the ticket more urgent; one that is as urgent already stays as it is."""

    do: Literal["raise_priority"]
    priority: PriorityName


class Reassign(_Addressed):
    """Assigns the ticket to a member, or transfers it to a department."""

    do: Literal["reassign"]


class OpenTicket(_Escalation):
    """Opens a ticket with the parent of the department that has this one, which it blocks: for the same customer,
    just as urgent, requested by the department that has this one."""

    do: Literal["open_ticket"]


_KINDS: Mapping[str, type[_Escalation]] = {
    "notify": Notify,
    "raise_priority": RaisePriority,
    "reassign": Reassign,
    "open_ticket": OpenTicket,
}


class _Kind(Schema):
    model_config = ConfigDict(extra="ignore")

    do: DoName


def _of_its_kind(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    """What is wrong with an escalation is found by its own kind: a union's would stand in the pointer."""
    if isinstance(value, _Escalation):
        return value
    return _KINDS[_Kind.model_validate(value).do].model_validate(value)


EscalationDraft = Annotated[
    Notify | RaisePriority | Reassign | OpenTicket, Field(discriminator="do"), WrapValidator(_of_its_kind)
]


def _each_once(escalations: list[Any]) -> list[Any]:
    for index, each in enumerate(escalations):
        if each in escalations[:index]:
            raise ValueError("must state each once")
    return escalations


Escalations = Annotated[
    list[EscalationDraft],
    AfterValidator(_each_once),
    Field(
        max_length=MOST_ESCALATIONS,
        description="What is done by itself when a clock has used a share of its target, each once.",
        examples=[
            [
                {"metric": "resolve", "at": 0.8, "do": "notify", "member_id": LEAD_OF_FINANCE},
                {"metric": "resolve", "at": 1, "do": "raise_priority", "priority": "p1"},
            ]
        ],
    ),
]


class EscalationAnswer(TypedDict):
    """What is done by itself when a clock has used a share of its target; it has the fields of what it does."""

    metric: MetricName
    at: float
    do: DoName
    member_id: NotRequired[Id]
    department_id: NotRequired[Id]
    priority: NotRequired[PriorityName]


def stored(escalations: list[Any]) -> list[dict[str, Any]]:
    """Escalations as they are stored and answered."""
    return [each.model_dump(mode="json", exclude_unset=True) for each in escalations]
