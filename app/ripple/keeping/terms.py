"""What the `resolve` clocks of tickets run by, read for any number of commitments."""

from sqlalchemy.ext.asyncio import AsyncConnection

from app.ripple.engine.fitting import Terms
from app.ripple.loading import StoredHistories
from app.service_levels.agreements import agreements


async def terms_of(connection: AsyncConnection, stored: StoredHistories) -> dict[str, Terms]:
    """By what each ticket's clock of scope ticket runs, by ticket id; those without such a clock are left out.

    One statement, once the versions of the SLAs were read.
    """
    promised = {row.id: row for row in stored.tickets if row.sla_id is not None}
    known = await agreements(connection, {(row.sla_id, row.sla_version) for row in promised.values()})
    terms = {}
    for id_, row in promised.items():
        agreement = known[row.sla_id, row.sla_version]
        terms[str(id_)] = Terms(agreement.calendar, agreement.pause_on, row.target_seconds)
    return terms
