"""What Service of the demo company decides no more: whether Sales may be generous to a small customer. Pure.

Nearly always it might, a day later. So it was delegated, and one of what was granted since was looked into after all.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from app.demo.catalogue import BY_KEY
from app.demo.lives import tell
from app.demo.plans import Ask
from app.demo.promises import Stage, known_by
from app.demo.records import Deed, Delegation, Ticket
from app.demo.scene import Scene
from app.tickets.life.lifecycle import Action, Priority, Verb, open_ticket, replay

DELEGATED_DAYS_AGO: Final = 50
ASKED: Final = 60
"""How often it was asked for in the last 120 days."""

_PROVIDER, _KEY, _REQUESTER = "SERVICE", "goodwill-approval", "SALES"
_UP_TO: Final = Decimal("50000.00")
_LOOKED_INTO: Final = 5
"""Which of those that were granted at once somebody looked into."""


def goodwill(stage: Stage) -> tuple[Delegation, list[Ticket]]:
    """The delegation, and what was asked for before it and since."""
    since = stage.staff.after(_PROVIDER, stage.as_of - timedelta(days=DELEGATED_DAYS_AGO), 2.0)
    lead = stage.staff.members(_PROVIDER)[0]
    delegation = Delegation("DEMO-GOODWILL", _PROVIDER, _KEY, _REQUESTER, _UP_TO, "EUR", since, lead)
    small = [each for each in stage.customers if each.currency == "EUR" and each.annual_value <= _UP_TO]
    tickets: list[Ticket] = []
    granted = 0
    for place, at in enumerate(stage.moments(ASKED, "goodwill"), start=1):
        ref = f"DEMO-G-{place:02}"
        rng = stage.chance(ref)
        scene = Scene(rng, stage.as_of, stage.staff, rng.choice(small), None, ref, "p3")
        if at < since:
            tell(scene, Ask(_PROVIDER, _KEY), scene.new_ref(), _REQUESTER, at, ())
            tickets += scene.tickets
        else:
            granted += 1
            tickets.append(_granted(scene, delegation, at, looked_into=granted == _LOOKED_INTO))
    return delegation, known_by(tickets, stage.as_of)


def _granted(scene: Scene, delegation: Delegation, at: datetime, *, looked_into: bool) -> Ticket:
    """One that was granted when it was asked for; looked into, it is refused after all."""
    opening = open_ticket(_PROVIDER, at, Priority(scene.priority))
    deeds = [Deed(Action(Verb.RESOLVE, at, granted=True), delegation.ref)]
    if looked_into:
        again = scene.staff.after(_PROVIDER, at, 9.0)
        deeds.append(Deed(Action(Verb.REOPEN, again), delegation.by, {"reason": "They had one last month already."}))
        refused: Action[str] = Action(Verb.RESOLVE, scene.staff.after(_PROVIDER, again, 0.5), granted=False)
        deeds.append(Deed(refused, delegation.by, {"resolution": "Not twice a quarter."}))
    return Ticket(
        ref=scene.new_ref(),
        title=f"{BY_KEY[_PROVIDER, _KEY].name}: {scene.customer.name}",
        description=None,
        requester=_REQUESTER,
        requester_member=scene.somebody(_REQUESTER),
        request_type=_KEY,
        customer=scene.customer.ref,
        commitment=None,
        blocks=(),
        opening=opening,
        deeds=tuple(deeds),
        life=replay(opening, (deed.action for deed in deeds)),
    )
