"""Fixing problems without having to find a manager."""

from typing import Any

from tests.acceptance.beliefs.story import DAY, Story, march


async def test_a_manager_too_busy_to_approve(story: Story) -> None:
    """Let employees fix problems without having to find a manager.

    Albion asks for a discount. Finance grants such discounts always, always two days later. So they are delegated, up
    to what a small order is worth: the next one is granted while the customer is still on the phone.
    """
    discount = await story.offer("FIN", "approval", "discount")
    await story.undertake("FIN", 4)

    async def offer(day: int, due: int, **value: Any) -> dict[str, Any]:
        """An offer by SALES that is promised for a day and waits for the discount."""
        story.when(day)
        promised = await story.promise("An offer", "SALES", due, **value)
        work = await story.ticket("SALES", "ORDERS", commitment_id=promised)
        await story.do("start", work["id"])
        asked = await story.ticket("ORDERS", "FIN", request_type_id=discount, blocks=[work["id"]])
        return {"promised": promised, "work": work["id"], "asked": asked}

    async def keep(offered: dict[str, Any]) -> int:
        await story.do("resolve", offered["work"])
        return int((await story.deliver(offered["promised"]))["lateness_seconds"])

    first = await offer(2, 3)
    for _ in range(19):
        await story.ticket("ORDERS", "FIN", request_type_id=discount)
    story.when(4)
    for each in (await story.get("/v1/tickets?status=open&limit=200"))["items"]:
        if each["request_type_id"] == discount:
            await story.do("resolve", each["id"], granted=True)
    story.when(4, 17)
    assert await keep(first) == DAY

    waited = (await story.figures("approvals", "request_type"))["discount",]
    assert (waited["decided"], waited["granted_share"], waited["delegation_candidate"]) == (20, 1.0, True)
    assert waited["p50_seconds"] == waited["customer_wait_seconds"] == waited["delegation_saves_seconds"] == 2 * DAY

    story.when(5)
    limits = {"department_id": story.departments["ORDERS"], "up_to_value": "20000.00", "currency": "EUR"}
    await story.post(f"/v1/request-types/{discount}/delegate", limits, 200)
    small = await offer(9, 9, value="18000.00", currency="EUR")
    large = await offer(9, 9, value="90000.00", currency="EUR")
    granted = small["asked"]
    assert (granted["status"], granted["granted"], granted["resolved_at"]) == ("resolved", True, march(9))
    assert (granted["breached"], {clock["state"] for clock in granted["clocks"]}) == (False, {"met"})
    assert (large["asked"]["status"], large["asked"]["granted"]) == ("open", None)
    assert [each["data"]["ticket"]["id"] for each in await story.told("ticket.unblocked")][-1] == small["work"]
    story.when(9, 12)
    assert await keep(small) == 0
    story.when(11)
    await story.do("resolve", large["asked"]["id"], granted=False)

    reviewed = (await story.figures("delegations", "request_type,requester"))["discount", "ORDERS"]
    assert (reviewed["granted"], reviewed["refused"], reviewed["spared_seconds"]) == (1, 0, 2 * DAY)
    approvals = (await story.figures("approvals", "request_type"))["discount",]
    assert (approvals["decided"], approvals["granted"], approvals["delegated"]) == (22, 21, 1)
    await story.post(f"/v1/request-types/{discount}/undelegate", {}, 200)
    assert (await offer(12, 13, value="18000.00", currency="EUR"))["asked"]["status"] == "open"
