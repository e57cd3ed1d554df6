"""Use cases of webhook endpoints: made, read, changed, deleted. What else can be done to one: `endpoint_actions`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, any_, func, literal, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.kernel import paging
from app.kernel.database import Row
from app.kernel.event_types import Catalogue
from app.kernel.ids import new_id
from app.kernel.lanes import add_lane, change_lane, remove_lane
from app.kernel.outbox import settled
from app.kernel.paging import Page
from app.kernel.preconditions import require_version
from app.kernel.problems import NOT_THERE, FieldError, Invalid, NotFound
from app.kernel.sealing import Seal
from app.kernel.work import Work
from app.webhooks.deliveries import KIND, WIDTH
from app.webhooks.endpoints import queries
from app.webhooks.endpoints.keeping_secrets import kept
from app.webhooks.endpoints.schemas import (
    NewWebhookEndpoint,
    Replay,
    WebhookEndpoint,
    WebhookEndpointChange,
    WebhookEndpointDraft,
    WebhookEndpointListing,
)
from app.webhooks.tables import webhook_endpoints
from app.webhooks.wire.signing import new_key_pair, new_secret

ANEW: Mapping[str, Any] = {"failures_in_a_row": 0, "failing_since": None}
"""How it has been answering, of one that begins anew."""


async def create_endpoint(
    work: Work, draft: WebhookEndpointDraft, catalogue: Catalogue, seal: Seal
) -> NewWebhookEndpoint:
    """Makes an endpoint, whose URL was checked, and shows its secret, this once.

    Raises:
        Invalid: a pattern stands for no type, or a department or customer does not exist.
    """
    catalogue.require(_placed(draft.event_types))
    await _require_concerned(work.connection, draft.department_ids, draft.customer_ids)
    id_, secret = new_id(), draft.secret or new_secret()
    values: dict[str, Any] = {
        **draft.model_dump(exclude={"asymmetric", "secret"}),
        "id": id_,
        "secret": kept(seal, id_, secret),
        # Not the last number given out: what a transaction that is open now records is for it, whenever that began.
        "begins_after": await settled(work.connection),
    }
    if draft.asymmetric:
        values |= key_pair(seal, id_)
    await work.connection.execute(queries.INSERT_ENDPOINT, values)
    await add_lane(work.connection, KIND, id_, ordered=draft.ordered, width=WIDTH)
    return with_secret(await endpoint(work, id_), secret)


async def change_endpoint(
    work: Work, id_: UUID, change: WebhookEndpointChange, expected: frozenset[int] | None, catalogue: Catalogue
) -> WebhookEndpoint:
    """Changes what the request states; a new URL was checked.

    Raises:
        Invalid: as when it is made.
    """
    await lock(work, id_, expected)
    present, stated = await endpoint(work, id_), change.stated()
    catalogue.require(_placed(stated.get("event_types", ())))
    await _require_concerned(work.connection, stated.get("department_ids", ()), stated.get("customer_ids", ()))
    changes = {name: value for name, value in stated.items() if getattr(present, name) != value}
    if not changes:
        return present
    lane = {"ordered": changes["ordered"]} if "ordered" in changes else {}
    if "url" in changes:
        # Another receiver: how the one before answered says nothing of it.
        lane |= {"opens_at": None}
        changes |= ANEW
    if lane:
        await change_lane(work.connection, id_, **lane)
    return await update(work, id_, changes)


async def delete_endpoint(work: Work, id_: UUID, expected: frozenset[int] | None) -> None:
    """Deletes an endpoint, and with it the deliveries that wait. The log of deliveries goes when it is old enough."""
    await lock(work, id_, expected)
    await remove_lane(work.connection, id_)
    await work.connection.execute(queries.DELETE_ENDPOINT, {"endpoint_id": id_})


async def endpoint(work: Work, id_: UUID) -> WebhookEndpoint:
    """One endpoint.

    Raises:
        NotFound: there is none with this id.
    """
    row = (await work.connection.execute(queries.ENDPOINT, {"endpoint_id": id_})).mappings().first()
    if row is None:
        raise _unknown(id_)
    return _shaped(row, work.now)


async def require_known(connection: AsyncConnection, id_: UUID) -> None:
    """Refuses the id of no endpoint.

    Raises:
        NotFound: there is none with this id.
    """
    if (await connection.execute(queries.KNOWN_ENDPOINT, {"endpoint_id": id_})).first() is None:
        raise _unknown(id_)


async def page_of_endpoints(work: Work, asked: WebhookEndpointListing) -> Page[WebhookEndpoint]:
    """One page of them: one statement."""
    table = webhook_endpoints.c
    offered = {"id": table.id, "created_at": table.created_at, "url": table.url}
    statement = queries.ENDPOINTS.where(*_conditions(asked.filters()))
    rows, cursor = await paging.fetch(work.connection, statement, asked, paging.order(asked.sort, offered, "id"))
    return Page([_shaped(row, work.now) for row in rows], cursor)


async def lock(work: Work, id_: UUID, expected: frozenset[int] | None = None) -> str:
    """Keeps everybody else from changing an endpoint until the transaction ends; its status.

    Raises:
        NotFound: there is none with this id.
        Stale: its version is none of those expected.
    """
    row = (await work.connection.execute(queries.LOCK_ENDPOINT, {"endpoint_id": id_})).first()
    if row is None:
        raise _unknown(id_)
    require_version(expected, row.version)
    status: str = row.status
    return status


async def update(work: Work, id_: UUID, changes: Mapping[str, Any]) -> WebhookEndpoint:
    """Changes columns of an endpoint that is locked: a new version."""
    await work.connection.execute(queries.UPDATE_ENDPOINT.values(**changes), {"endpoint_id": id_})
    return await endpoint(work, id_)


def key_pair(seal: Seal, id_: UUID) -> dict[str, Any]:
    """A new key pair, as an endpoint's columns."""
    signing_key, public_key = new_key_pair()
    return {"signing_key": kept(seal, id_, signing_key), "public_key": public_key}


def with_secret(shown: WebhookEndpoint, secret: str) -> NewWebhookEndpoint:
    """The endpoint as it is answered when its secret is new."""
    told = asdict(shown) | {"replay": shown.replay}
    return NewWebhookEndpoint(**told, secret=secret)


def _unknown(id_: UUID) -> NotFound:
    return NotFound(f"There is no webhook endpoint with id {id_}.")


def _shaped(row: Row, now: datetime) -> WebhookEndpoint:
    fields = {name: row[name] for name in WebhookEndpoint.__dataclass_fields__ if name != "replay"}
    after, until = row["replay_after"], row["replay_until"]
    if fields["previous_secret_until"] is not None and fields["previous_secret_until"] <= now:
        fields["previous_secret_until"] = None
    return WebhookEndpoint(**fields, replay=None if after is None else Replay(after, until))


def _conditions(filters: Mapping[str, Any]) -> Iterator[ColumnElement[bool]]:
    table = webhook_endpoints.c
    for name, value in filters.items():
        if name == "event_type":
            patterns = (value, f"{value.partition('.')[0]}.*", "*")
            everything = func.cardinality(table.event_types) == 0
            yield or_(everything, *(literal(each) == any_(table.event_types) for each in patterns))
        elif name in ("department_id", "customer_id"):
            yield literal(value) == any_(table[f"{name}s"])
        else:
            yield table[name] == value


def _placed(patterns: Iterable[str]) -> Iterator[tuple[str, str]]:
    return ((f"/event_types/{index}", pattern) for index, pattern in enumerate(patterns))


async def _require_concerned(
    connection: AsyncConnection, department_ids: Sequence[UUID], customer_ids: Sequence[UUID]
) -> None:
    if not department_ids and not customer_ids:
        return
    asked = {"department_ids": list(department_ids), "customer_ids": list(customer_ids)}
    known = {tuple(row) for row in await connection.execute(queries.CONCERNED, asked)}
    errors = [*_missing("department", department_ids, known), *_missing("customer", customer_ids, known)]
    if errors:
        raise Invalid(" ".join(f"{error.pointer}: {error.detail}" for error in errors), errors=errors)


def _missing(kind: str, ids: Iterable[UUID], known: set[tuple[Any, ...]]) -> Iterator[FieldError]:
    for index, id_ in enumerate(ids):
        if (kind, id_) not in known:
            yield FieldError(f"/{kind}_ids/{index}", NOT_THERE)
