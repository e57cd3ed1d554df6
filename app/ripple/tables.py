"""Where analyses of delivered commitments are stored, and forecasts of open ones, and which are to be done again."""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import JSON

from app.kernel.database import Timestamp, metadata, reference

DAY_COLUMNS: Final = (
    "commitment_ids",
    "customer_ids",
    "delivered_at",
    "lateness",
    "plan",
    "unpromised",
    "delay",
    "worth_high",
    "worth_low",
    "worth_digits",
    "currencies",
    "entries",
    "mismatches",
    "fitted",
    "places",
    "tickets",
    "overrun",
    "primary_",
    "reactionary",
    "kept_waiting",
    "passed_on",
    "outward",
    "unfit",
    "fits",
)
"""What is read of many commitments at once, as `app.ripple.reports.columns.Pieces` has it, in its order."""

ripple_places = Table(
    "ripple_places",
    metadata,
    Column("id", Integer, Identity(always=True), primary_key=True),
    # A department's id, which stays when its key changes; `customer` or `third_party`.
    Column("party", Text, nullable=False),
    reference("requester_id", "departments.id", nullable=True, index=False),
    reference("provider_id", "departments.id", nullable=True, index=False),
    reference("request_type_id", "request_types.id", nullable=True, index=False),
    # None where the seconds came by no ticket.
    Column("priority", Text),
)
"""Every `app.ripple.engine.totals.Place` that seconds were ever counted at."""

NOTHING: Final = {
    **dict.fromkeys(
        ("requester_id", "provider_id", "request_type_id"),
        "cast('00000000-0000-0000-0000-000000000000' as uuid)",
    ),
    "priority": "cast('' as text)",
}
"""What stands for nothing where places are told apart: an index finds what equals, and nothing equals nothing."""
Index(
    "uq_ripple_places_place",
    ripple_places.c.party,
    *(func.coalesce(ripple_places.c[name], literal_column(nothing)) for name, nothing in NOTHING.items()),
    unique=True,
)

ripple_analyses = Table(
    "ripple_analyses",
    metadata,
    Column("commitment_id", Uuid, ForeignKey("commitments.id", ondelete="CASCADE"), primary_key=True),
    reference("customer_id", "customers.id", index=False),
    Column("delivered_at", Timestamp, nullable=False, index=True),
    Column("engine_version", Text, nullable=False, index=True),
    Column("graph_hash", LargeBinary, nullable=False),
    Column("analysed_at", Timestamp, nullable=False),
    Column("elapsed_seconds", BigInteger, nullable=False),
    Column("lateness_seconds", BigInteger, nullable=False),
    Column("plan_seconds", BigInteger, nullable=False),
    Column("unpromised_seconds", BigInteger, nullable=False),
    Column("delay_seconds", BigInteger, nullable=False),
    Column("promises_impossible", Integer, nullable=False),
    # The answer of `GET /v1/commitments/{id}/ripple`, to the byte.
    Column("analysis", JSON, nullable=False),
    # What reports add up of it, packed: see `app.ripple.keeping.packing`.
    Column("unfit", LargeBinary, nullable=False),
    Column("places", LargeBinary, nullable=False),
    Column("tickets", LargeBinary, nullable=False),
    Column("overrun", LargeBinary, nullable=False),
    Column("primary_", LargeBinary, nullable=False),
    Column("reactionary", LargeBinary, nullable=False),
    Column("kept_waiting", LargeBinary, nullable=False),
    Column("passed_on", LargeBinary, nullable=False),
    Column("outward", LargeBinary, nullable=False),
    # What the report on service levels that do not fit adds up: see `app.ripple.keeping.packed_fits`.
    Column("fits", LargeBinary, nullable=False),
    Index("ix_ripple_analyses_customer_id_delivered_at", "customer_id", "delivered_at"),
)
"""The analysis of every delivered commitment, as of its delivery."""

ripple_marks = Table(
    "ripple_marks",
    metadata,
    Column("commitment_id", Uuid, ForeignKey("commitments.id", ondelete="CASCADE"), primary_key=True),
    Column("marked_at", Timestamp, nullable=False, index=True),
)
"""Commitments, open or delivered, whose history has changed since they were last looked at.

Whoever looks at one holds the mark's lock from before it reads the history until it has stored what came of it, and
then removes the mark; who marks takes that lock too, so a change in between leads to another mark.
"""

ripple_departments = Table(
    "ripple_departments",
    metadata,
    Column("department_id", Uuid, ForeignKey("departments.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, nullable=False),
    Column("calendar_id", Uuid),
    Column("calendar_version", Integer),
)
"""What analyses took from departments when they were last marked for it: no event tells that it changes."""

ripple_recomputation = Table(
    "ripple_recomputation",
    metadata,
    Column("single", Boolean, primary_key=True, server_default="true"),
    Column("engine_version", Text, nullable=False),
    Column("since", Timestamp),
    Column("started_at", Timestamp, nullable=False),
    # The last commitment that was done; None before the first.
    Column("after_delivered_at", Timestamp),
    Column("after_id", Uuid),
    Column("analysed", Integer, nullable=False, server_default="0"),
    Column("added", Integer, nullable=False, server_default="0"),
    Column("outdated", Integer, nullable=False, server_default="0"),
    Column("differing", Integer, nullable=False, server_default="0"),
    Column("failed", Integer, nullable=False, server_default="0"),
    CheckConstraint("single", name="single"),
)
"""One row while `outward recompute ripple` is under way, or was cut off: how far it has come, and what it found."""

ripple_forecasts = Table(
    "ripple_forecasts",
    metadata,
    Column("commitment_id", Uuid, ForeignKey("commitments.id", ondelete="CASCADE"), primary_key=True),
    # From when on it is to be forecast, for the first time or again.
    Column("look_at", Timestamp, nullable=False, index=True),
    # The first forecast says how it stands, and is told to nobody: what is known of it is no news.
    Column("is_baseline", Boolean, nullable=False, server_default="false"),
    # None until the first forecast.
    Column("as_of", Timestamp),
    Column("p50", Timestamp),
    Column("p80", Timestamp),
    Column("p95", Timestamp),
    Column("probability_late", Double),
    Column("last_ticket_id", Uuid, ForeignKey("tickets.id", ondelete="SET NULL"), index=True),
    Column("last_share", Double),
    # From when on it was likely late, and not likely in time since: see `app.ripple.forecasting.foreseeing`.
    Column("at_risk_since", Timestamp),
    CheckConstraint("num_nulls(as_of, p50, p80, p95, probability_late) in (0, 5)", name="whole"),
)
"""The forecast of every open commitment, as of when it was last looked at.

Whoever looks at one holds the row's lock from before it reads the history until it has stored what came of it.
"""

ripple_days = Table(
    "ripple_days",
    metadata,
    Column("day", Date, primary_key=True),
    # Since when some of it may be missing, or another; None when all that follows is as the rows are.
    Column("stale_since", Timestamp, index=True),
    # Another each time it is made anew.
    Column("made", Uuid),
    *(Column(name, LargeBinary) for name in DAY_COLUMNS),
)
"""The rows of `ripple_analyses` whose commitments were delivered on a day of UTC, put one behind the other.

A trigger says of a day that it is stale, in the transaction of what changed; whoever makes it anew locks it before.
"""
