"""A customer is served as well as departments serve each other."""

from itertools import pairwise

from tests.acceptance.beliefs.story import HOUR, Story, march, parts_of, shares_of


async def test_a_contact_person_gets_no_accurate_help_in_time(story: Story) -> None:
    """An organisation serves its customer only as well as its departments serve each other: if a contact person cannot
    get accurate help from another department in time, the customer is unhappy and everyone owns the outcome.

    Albion waits for a credit note from Service. Finance undertake to answer within eight hours, and do; but it is for
    another invoice. When the right one is there, Albion has waited for 18 hours too long, and complains.
    """
    await story.undertake("FIN", 8)
    promised = await story.promise("A credit note", "SERVICE", 3)
    asked = (await story.ticket("SERVICE", "FIN", commitment_id=promised))["id"]
    story.when(2, 15)
    await story.do("resolve", asked)
    assert (await story.figures("service-levels", "provider"))["FIN",]["attainment"] == 1.0
    story.when(3, 9)
    await story.do("reopen", asked, reason="This is for another invoice.")
    story.when(4, 11)
    await story.do("resolve", asked)
    await story.do("feedback", asked, score=2, comment="The right one in the end.")
    assert (await story.deliver(promised))["lateness_seconds"] == 18 * HOUR
    await story.became("complaint", commitment_id=promised, comment="It took two days and three calls.")
    await story.background()

    kept = (await story.figures("service-levels", "provider"))["FIN",]
    assert (kept["decided"], kept["breached"], kept["attainment"]) == (1, 1, 0.0)
    assert (await story.figures("handoffs", "department"))["FIN",]["reopened"] == 1
    assert (await story.figures("feedback", "provider"))["FIN",]["mean_score"] == 2.0

    waited = await story.get(f"/v1/commitments/{promised}/ripple")
    assert parts_of(waited) == {"FIN": 50 * HOUR}
    assert shares_of(waited) == {"FIN": 18 * HOUR}
    felt = (await story.figures("ripple", "department"))["FIN",]
    assert (felt["primary_seconds"], felt["outward_seconds"], felt["transmission"]) == (24 * HOUR, 18 * HOUR, 0.75)
    assert (felt["customers_reached"], felt["value_touched"]) == (1, [{"value": "400000.00", "currency": "EUR"}])

    # The outcome is that of whoever promised, and of whoever did not help.
    (complaint,) = (await story.of_customer("outcomes"))["items"]
    assert (complaint["kind"], complaint["commitment_id"]) == ("complaint", promised)
    reached = (await story.of_customer(f"ripple?from={march(1)}&to={march(31)}"))["totals"]
    assert (reached["late"], reached["lateness_seconds"]) == (1, 18 * HOUR)
    assert shares_of(reached) == {"FIN": 18 * HOUR}
    lived = (await story.figures("outcomes", "customer"))["ALBION",]
    assert (lived["complaints"], lived["late"], lived["mean_lateness_seconds"]) == (1, 1, 18 * HOUR)


async def test_sales_order_service_operations_it_and_finance_along_one_promise(story: Story) -> None:
    """Sold, implemented, served, operated, billed: the customer's promise passes along a chain.

    Sales promised Albion a new site. Orders need Service for it, they need Operations, they IT, and they a licence that
    Finance has to pay. Each undertakes a day more than whom it needs. Finance take three days instead of one, each of
    the others half a day once it can: all are late but one, and it is for one reason.
    """
    chain = ("SALES", "ORDERS", "SERVICE", "OPS", "IT", "FIN")
    for days, provider in enumerate(reversed(chain[1:]), start=1):
        await story.undertake(provider, 24 * days)
    promised = await story.promise("A new site", "SALES", 6, value="256000.00", currency="EUR")
    asked: list[str] = []
    for requester, provider in pairwise(chain):
        serves = {"blocks": asked[-1:]} if asked else {"commitment_id": promised}
        asked.append((await story.ticket(requester, provider, **serves))["id"])
    assert (await story.get(f"/v1/tickets/{asked[-1]}"))["commitment_id"] == promised

    for day, hour in ((5, 9), (5, 21), (6, 9), (6, 21), (7, 9)):
        story.when(day, hour)
        await story.do("resolve", asked.pop())
    assert (await story.deliver(promised))["lateness_seconds"] == 16 * HOUR
    await story.do("resolve", (await story.ticket("ORDERS", "FIN", title="The invoice"))["id"])
    await story.background()

    waited = await story.get(f"/v1/commitments/{promised}/ripple")
    assert parts_of(waited) == {
        "FIN": 72 * HOUR,
        "IT": 12 * HOUR,
        "OPS": 12 * HOUR,
        "SERVICE": 12 * HOUR,
        "ORDERS": 12 * HOUR,
    }
    assert (waited["elapsed_seconds"], shares_of(waited), waited["plan_seconds"]) == (120 * HOUR, {"FIN": 16 * HOUR}, 0)

    by = await story.figures("ripple", "department")
    overrun = {key: (by[key,]["primary_seconds"] // HOUR, by[key,]["reactionary_seconds"] // HOUR) for key in chain[1:]}
    assert overrun == {"FIN": (48, 0), "IT": (0, 36), "OPS": (0, 24), "SERVICE": (0, 12), "ORDERS": (0, 0)}
    assert [by[key,]["outward_seconds"] // HOUR for key in chain[1:]] == [0, 0, 0, 0, 16]
    assert by["FIN",]["value_touched"] == [{"value": "256000.00", "currency": "EUR"}]
    kept = await story.figures("service-levels", "provider")
    assert [kept[key,]["attainment"] for key in chain[1:]] == [1.0, 0.0, 0.0, 0.0, 0.5]
    touched = {story.key_of(each["department_id"]) for each in (await story.of_customer("touchpoints"))["items"]}
    assert touched == set(chain)
