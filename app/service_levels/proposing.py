"""A proposed version of an SLA: what it would say, and what it would be matched with. Nothing is stored."""

from typing import Any
from uuid import UUID

from app.directory.calendars import timelines
from app.kernel.problems import NOT_THERE, FieldError, Invalid
from app.kernel.work import Work
from app.service_levels import slas
from app.service_levels.agreements import agreed, candidate
from app.service_levels.past_offers import Offer, PastOffers, past_offers
from app.service_levels.queries import PROVIDER, PROVIDERS_OF
from app.service_levels.schemas import Sla, SlaDraft
from app.service_levels.simulation_schemas import SlaProposal


async def proposed(work: Work, id_: UUID, change: SlaProposal) -> tuple[Sla, PastOffers]:
    """An SLA, and what could have been matched at any instant with a version of it that says what the change states.

    Raises:
        NotFound: there is no such SLA.
        Invalid: what was proposed refers to what does not exist or fit, or a target takes more than 3,653 days.
        Conflict: it could tie with another active SLA of the provider.
    """
    present = await slas.collection.get(work.connection, id_)
    wanted = await _wanted(work, present, change)
    version = (id_, present.version + 1)
    calendar = (await timelines(work.connection, [wanted["calendar_id"]]))[wanted["calendar_id"]]
    provider_id = wanted["provider_department_id"]
    as_matched = candidate({**wanted, "id": version[0], "version": version[1]})
    offer = Offer(provider_id if wanted["active"] else None, as_matched, agreed(wanted, version, calendar))
    providers = {provider_id, *(await work.connection.execute(PROVIDERS_OF, {"of_sla": id_})).scalars()}
    return present, await past_offers(work.connection, providers, offer)


async def _wanted(work: Work, present: Sla, change: SlaProposal) -> dict[str, Any]:
    """What the version would say, without escalations, which have no part in what is decided."""
    stated = {name: getattr(present, name) for name in SlaDraft.model_fields} | change.stated() | {"escalations": []}
    wanted = slas.undertaking_of(SlaDraft.model_validate(stated))
    named = {"provider_id": wanted["provider_department_id"]}
    try:
        if (await work.connection.execute(PROVIDER, named)).first() is None:
            raise Invalid.field("/provider_department_id", NOT_THERE)
        await slas.require_possible(work, wanted | {"id": present.id, "version": present.version + 1}, frozenset())
    except Invalid as refused:
        errors = [FieldError(f"/proposed{error.pointer}", error.detail) for error in refused.errors]
        raise Invalid(" ".join(f"{error.pointer}: {error.detail}" for error in errors), errors=errors) from refused
    return wanted
