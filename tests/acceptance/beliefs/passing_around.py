"""Being passed around."""

from tests.acceptance.beliefs.story import DAY, HOUR, Story, march


async def test_passed_around_three_times_and_asked_again(story: Story) -> None:
    """Being passed around, having to tell it all again, being put on hold: the worst of service. If a hand-off is
    needed, the receiver must know everything.

    Albion's oven is cold. Service gives it to Operations, they to Procurement, who give it back: it is theirs after
    all. Operations then ask for the serial number, which stood in the very first hand-off.
    """
    promised = await story.promise("A warm oven", "SERVICE", 3)
    ticket = (await story.ticket("SALES", "SERVICE", commitment_id=promised))["id"]
    known = {
        "summary": "The oven with serial number 4711 stays cold.",
        "customer_expects": "A technician by tomorrow at noon.",
        "tried_so_far": "The fuse is fine.",
    }
    story.when(2, 11)
    handed_on = await story.do("transfer", ticket, department="OPS", reason="A repair.", context=known)
    assert handed_on["hand_off"]["context"] == known
    story.when(2, 15)
    assert (await story.get(f"/v1/tickets/{ticket}"))["hand_off"]["unaccepted_since"] == march(2, 11)
    waiting = (await story.figures("handoffs", "department"))["OPS",]
    assert (waiting["unaccepted"], waiting["oldest_unaccepted_seconds"]) == (1, 4 * HOUR)
    await story.do("transfer", ticket, department="PROC", reason="A part is missing.", context=known)
    story.when(3, 9)
    await story.do("return", ticket, reason="No part is missing.")
    story.when(3, 10)
    await story.do("ask", ticket, question="Which serial number has the oven?")
    story.when(3, 14)
    await story.do("comment", ticket, body="4711, as we said.", visibility="requester", told_in=2)
    story.when(4, 17)
    await story.do("resolve", ticket)
    assert (await story.deliver(promised))["lateness_seconds"] == DAY

    after = await story.get(f"/v1/tickets/{ticket}")
    assert (after["hop_count"], after["hand_off"]["arrived_by"]) == (3, "return")
    told = await story.get(f"/v1/tickets/{ticket}/hand-offs")
    keys = {id_: key for key, id_ in story.departments.items()}
    assert [(keys[leg["department_id"]], leg["unaccepted_seconds"]) for leg in told["legs"]] == [
        ("SERVICE", None),
        ("OPS", 4 * HOUR),
        ("PROC", 18 * HOUR),
        ("OPS", HOUR),
    ]
    (question,) = told["questions"]
    assert (question["asked_again"], question["told_in"]) == (True, 2)
    assert told["legs"][1]["context"]["summary"] == known["summary"]
    row = (await story.figures("handoffs", "customer"))["ALBION",]
    assert {name: row[name] for name in ("transfers", "returns", "ping_pong", "questions", "asked_again")} == {
        "transfers": 2,
        "returns": 1,
        "ping_pong": 1,
        "questions": 1,
        "asked_again": 1,
    }
    assert (row["asked_again_seconds"], row["waiting_in_transfer_seconds"]) == (4 * HOUR, 23 * HOUR)
    asked_again = await story.figures("handoffs", "requester,department")
    assert asked_again["SALES", "OPS"]["asked_again"] == 1
    assert asked_again["SALES", "SERVICE"]["asked_again"] == 0
    waited = await story.get(f"/v1/commitments/{promised}/ripple")
    assert {part["department"] for part in waited["decomposition"]} >= {"OPS", "PROC"}
