"""Imports on the wire."""

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.exchange.summary import Summary
from app.kernel.paging import Listing
from app.kernel.schemas import Id, Instant

StatusName = Literal["running", "done", "failed"]


class ImportQuery(BaseModel):
    """How to import."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dry_run: bool = Field(False, description="Do everything, say what would come of it, and keep nothing.")
    strict: bool = Field(False, description="Stop at the first row that would be left out, with nothing kept.")


class ImportListing(Listing):
    """The query of the list of imports."""

    status: StatusName | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Import:
    """An import of an event log: how far it has come, and once it is done what came of it.

    While it reads, `bytes_read` of `bytes_total` and `events_read` grow; while it stores, `cases_stored`. All of it is
    kept at once, when it is done. `problem` says why it failed.
    """

    id: Id
    version: int
    status: StatusName
    file_name: str | None
    source: str | None
    dry_run: bool
    strict: bool
    bytes_total: int
    bytes_read: int
    events_read: int
    cases_stored: int
    summary: Summary | None
    problem: dict[str, Any] | None
    created_at: Instant
    updated_at: Instant
    finished_at: Instant | None
