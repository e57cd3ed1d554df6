"""Statements of service level agreements."""

from sqlalchemy import ARRAY, Uuid, bindparam, cast, false, func, insert, literal, select, true

from app.catalogue.tables import request_types
from app.directory.tables import departments, members
from app.service_levels.tables import exclusion_windows, sla_versions, slas

LOCK_PROVIDER = (
    select(departments.c.id).where(departments.c.id == bindparam("provider_id")).with_for_update(key_share=True)
)
"""Only one transaction at a time saves an SLA of a provider: two at once could each miss that they tie."""

OFFERED_BY = select(request_types.c.provider_department_id).where(request_types.c.id == bindparam("request_type_id"))

OF_THE_SAME_RANK = (
    select(slas)
    .where(
        slas.c.provider_department_id == bindparam("provider_id"),
        slas.c.rank == bindparam("of_rank"),
        slas.c.active == true(),
        slas.c.id != bindparam("sla_id"),
    )
    .order_by(slas.c.id)
)

ADDRESSEES = (
    select(literal("member").label("kind"), members.c.id, members.c.left_at.is_not(None).label("has_left"))
    .where(members.c.id == func.any(cast(bindparam("member_ids"), ARRAY(Uuid))))
    .union_all(
        select(literal("department"), departments.c.id, false()).where(
            departments.c.id == func.any(cast(bindparam("department_ids"), ARRAY(Uuid)))
        )
    )
)
"""Those of these members and departments that exist, and whether they have left."""

INSERT_VERSION = insert(sla_versions)

PROVIDERS_OF = (
    select(sla_versions.c.provider_department_id).distinct().where(sla_versions.c.sla_id == bindparam("of_sla"))
)
"""Whose an SLA has been."""

_of_providers = (
    select(sla_versions.c.sla_id)
    .where(sla_versions.c.provider_department_id == func.any(cast(bindparam("provider_ids"), ARRAY(Uuid))))
    .scalar_subquery()
)
VERSIONS_OF_PROVIDERS = (
    select(sla_versions)
    .where(sla_versions.c.sla_id.in_(_of_providers), sla_versions.c.sla_id != bindparam("instead_of"))
    .order_by(sla_versions.c.sla_id, sla_versions.c.number)
)
"""Every version of the SLAs that were ever of some providers, in order, but of one of them."""

PROVIDER = select(departments.c.id).where(departments.c.id == bindparam("provider_id"))

EXCLUSIONS = select(exclusion_windows).where(
    exclusion_windows.c.ends_at > bindparam("since"), exclusion_windows.c.starts_at < bindparam("before")
)
"""The exclusion windows that reach into a stretch of time."""
LISTED_VERSIONS = select(*sla_versions.c, sla_versions.c.sla_id.label("id"))


def excluded(at: str) -> str:
    """The SQL condition that a decision of the clock `c` at an instant is in an exclusion window: it holds when all
    that one window states does. `at` is the instant, itself SQL; a window's end is outside it.

    The provider is the department of the clock's leg.
    """
    return f"""exists (
            select from exclusion_windows x
            where x.starts_at <= {at} and x.ends_at > {at}
                and (x.sla_id is null or x.sla_id = c.sla_id)
                and (x.provider_department_id is null or x.provider_department_id = c.department_id))"""
