"""What customers are worth, what is known of them, and what becomes of them."""

from typing import Any

from tests.acceptance.beliefs.story import DAY, Story, march


async def test_what_customers_are_worth_stands_beside_every_delay(story: Story) -> None:
    """Teach employees what customers are worth.

    Finance have two requests, one for Albion and one for Delta, and do neither. Both promises are overdue. What each of
    them is worth is told to whoever opens a ticket, works on it, hears that it is late, asks who is let down next, or
    looks for what to do first.
    """
    delta = await story.customer("DELTA", name="Delta Retail", annual_value="8000.00", currency="EUR")
    await story.undertake("FIN", 24)
    small = await story.promise("A first invoice", "SALES", 3, customer_id=delta)
    large = await story.promise("A new site", "SALES", 4, value="90000.00", currency="EUR")
    brief: dict[str, Any] = {}
    asked = {}
    for promised in (small, large):
        opened = await story.post("/v1/tickets", await story.draft("SALES", "FIN", commitment_id=promised))
        asked[promised], brief[promised] = opened["id"], opened["customer_brief"]
    assert (brief[large]["name"], brief[large]["annual_value"]) == ("Albion Foods", "400000.00")
    assert (brief[small]["name"], brief[small]["annual_value"]) == ("Delta Retail", "8000.00")
    worth = {asked[large]: ("400000.00", "EUR"), asked[small]: ("8000.00", "EUR")}
    to_do = (await story.get(f"/v1/tickets?provider_department_id={story.departments['FIN']}"))["items"]
    assert {each["id"]: (each["customer_value"], each["currency"]) for each in to_do} == worth

    await story.background()
    before = (await story.figures("exposure", "department"))["FIN",]
    assert (before["open_commitments"], before["at_risk"]) == (2, 0)
    assert before["expected_late"] < 0.1
    story.when(5, 17)
    await story.background()
    exposed = await story.figures("exposure", "customer")
    assert {ref: each["value_at_risk"] for (ref,), each in exposed.items()} == {
        "ALBION": "90000.00",
        "DELTA": "8000.00",
    }
    held_up = (await story.figures("exposure", "department"))["FIN",]
    assert (held_up["at_risk"], held_up["value_at_risk"]) == (2, "98000.00")
    listed = (await story.get("/v1/attention?kind=commitment_at_risk"))["items"]
    assert [(each["subject"]["id"], each["value"]) for each in listed] == [(large, "90000.00"), (small, "8000.00")]
    first, second = (await story.get("/v1/attention?kind=unacknowledged"))["items"]
    assert (first["subject"]["id"], first["value"]) == (asked[large], "90000.00")
    assert (second["subject"]["id"], second["value"]) == (asked[small], "8000.00")

    for promised in (large, small):
        await story.do("resolve", asked[promised])
        await story.deliver(promised)
    late = [event["data"]["ticket"] for event in (await story.get("/v1/events?types=sla.breached"))["items"]]
    assert {each["id"]: (each["customer_value"], each["currency"]) for each in late} == worth
    await story.background()
    touched = (await story.figures("ripple", "department"))["FIN",]
    assert touched["value_touched"] == [{"value": "98000.00", "currency": "EUR"}]
    assert (await story.figures("exposure", "customer")) == {}


async def test_whoever_serves_a_customer_knows_how_they_like_it(story: Story) -> None:
    """Give people the customer's history and preferences.

    Albion want to be called before noon, and not be written to. Ada noted that; she is on holiday. Bob opens a ticket
    for them, and knows: also that they were let down last week, and what is promised to them by Friday.
    """
    ada = await story.member("Ada", "SALES")
    await story.serves(ada, perceived_owner=True)
    late = await story.promise("A warm oven", "SALES", 3)
    story.when(4, 17)
    await story.deliver(late)
    await story.became("csat", score=2, commitment_id=late, comment="Nobody called us.")
    preferences = {"channel": "phone", "hours": "before noon"}
    known = await story.client.patch(
        f"/v1/customers/{story.customer_id}", json={"preferences": preferences, "notes": "Was let down in March."}
    )
    assert known.status_code == 200
    due = await story.promise("A second oven", "SALES", 13, value="12000.00", currency="EUR")

    story.when(9)
    opened = await story.post("/v1/tickets", await story.draft("SERVICE", "OPS"))
    brief = opened["customer_brief"]
    assert (brief["preferences"], brief["notes"]) == (preferences, "Was let down in March.")
    assert [(each["name"], each["role"], each["perceived_owner"]) for each in brief["served_by"]] == [
        ("Ada", "account owner", True)
    ]
    assert [(each["id"], each["value"], each["overdue"]) for each in brief["open_commitments"]] == [
        (due, "12000.00", False)
    ]
    assert [(each["kind"], each["score"], each["commitment_id"]) for each in brief["last_outcomes"]] == [
        ("csat", 2, late)
    ]
    assert await story.of_customer("brief") == brief | {"open_ticket_count": 1}

    history = (await story.of_customer("timeline?kind=commitment,outcome,note,relationship&sort=-at"))["items"]
    assert [(each["at"], each["text"]) for each in history[:3]] == [
        (march(4, 17), "Notes: Was let down in March. — Preferences: hours: before noon, channel: phone"),
        (march(4, 17), "The customer gave 2 of 5: Nobody called us."),
        (march(4, 17), "SALES delivered “A warm oven” late: it was due on 2026-03-03."),
    ]
    (changed,) = await story.told("customer.updated")
    assert changed["data"]["previous"] == {"preferences": {}, "notes": None}
    assert changed["data"]["actor"]["type"] == "api_key"


async def test_unserved_customers_leave_quietly(story: Story) -> None:
    """Unserved customers leave, quietly.

    Of sixteen customers half are served in time, and half a week too late. None complains. When it is time to renew,
    six of those that were let down are gone: that is where it shows, and what it cost.
    """
    customers = [await story.customer(f"C{number:02}", annual_value="10000.00", currency="EUR") for number in range(16)]
    let_down = customers[8:]
    await story.undertake("FIN", 24)
    promised = {}
    asked = {}
    for each in customers:
        promised[each] = await story.promise("An invoice that is right", "SALES", 4, customer_id=each)
        asked[each] = (await story.ticket("SALES", "FIN", commitment_id=promised[each]))["id"]
    for day, served in ((3, customers[:8]), (11, let_down)):
        story.when(day, 17)
        for each in served:
            await story.do("resolve", asked[each])
            await story.deliver(promised[each])
    story.when(20)
    for number, each in enumerate(customers):
        gone = each in let_down and number < 14
        await story.became("churn" if gone else "renewal", each, value="10000.00", currency="EUR")
    await story.background()

    by = await story.figures("outcomes", "lateness")
    in_time, late = by["none_late",], by["from_3_to_7_days",]
    assert (in_time["customers"], in_time["churned"], in_time["renewed"]) == (8, 0, 8)
    assert (late["customers"], late["churned"], late["renewed"]) == (8, 6, 2)
    assert (late["complaints"], late["mean_lateness_seconds"]) == (0, 7 * DAY)
    totals = (await story.report("outcomes", "lateness"))["totals"]
    found = {(each["measure"], each["outcome"]): each for each in totals["correlations"]}
    lateness = found["lateness", "churn"]
    assert (lateness["n"], round(lateness["tau"], 2)) == (16, 0.77)
    assert 0 < lateness["tau_low"] < lateness["tau"] < lateness["tau_high"] <= 1
    assert found["lateness", "complaint"]["tau"] is None
    behind = (await story.figures("ripple", "department"))["FIN",]
    assert (behind["customers_reached"], behind["outward_seconds"]) == (8, 8 * 7 * DAY)
    assert behind["value_touched"] == [{"value": "80000.00", "currency": "EUR"}]
    gone = [each for each in let_down if (await story.of_customer("outcomes?kind=churn", each))["items"]]
    assert len(gone) == 6
