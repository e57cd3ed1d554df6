"""What is said of one's work, and what comes of that."""

from typing import Any

from tests.acceptance.beliefs.story import HOUR, Story, march


async def test_a_review_talk_about_what_others_said(story: Story) -> None:
    """Make it part of every performance review; share feedback, good and bad; recognise people.

    In February Finance kept none of two promises. In March they keep three of four. Sales say so; of the fourth, which
    Albion felt, too. And they thank Cy, who stayed until the credit line was open. In April it is talked about.
    """
    cy, ada = await story.member("Cy", "FIN"), await story.member("Ada", "SALES")
    await story.undertake("FIN", 8)
    await story.undertake("OPS", 8)

    async def done(provider: str, opened: str, hours: int, **fields: Any) -> str:
        story.clock.at(opened)
        ticket = (await story.ticket("SALES", provider, requester_id=ada, **fields))["id"]
        await story.do("assign", ticket, member_id=cy if provider == "FIN" else None)
        story.clock.passes(hours=hours)
        await story.do("resolve", ticket)
        return str(ticket)

    for day in (10, 12):
        await story.do("feedback", await done("FIN", f"2026-02-{day}T09:00:00Z", 20), score=2)
    await done("OPS", march(2), 1)
    for day, score in ((3, 5), (4, 4), (5, 5)):
        ticket = await done("FIN", march(day), 4)
        await story.do("feedback", ticket, score=score)
    thanks = {"member_id": cy, "from_member_id": ada, "ticket_id": ticket, "message": "Stayed until it was open."}
    await story.post("/v1/recognitions", thanks)
    story.when(9)
    promised = await story.promise("A credit line", "SALES", 9)
    felt = await done("FIN", march(9), 14, commitment_id=promised)
    await story.deliver(promised)
    await story.do("feedback", felt, score=1, comment="Albion could not order.")
    await story.background()

    path, period = f"/v1/scorecards/departments/{story.departments['FIN']}", f"from={march(1, 0)}&to={march(31, 0)}"
    told = await story.get(f"{path}?{period}")
    said = {each["group"]["measure"]: each for each in told["rows"]}
    kept = said["attainment"]
    assert (kept["count"], kept["of"], kept["previous"], kept["change"]) == (3, 4, 0.0, 0.75)
    # Operations kept theirs: the median of the two lies between.
    assert (kept["median"], kept["over"]) == (0.875, 2)
    assert (said["feedback"]["value"], said["feedback"]["previous"], said["feedback"]["of"]) == (3.75, 2.0, 4)
    assert [said[name]["value"] for name in ("low_marks", "low_marks_felt", "recognitions")] == [0.25, 1, 1]
    assert (said["delay"]["value"], said["outward"]["value"]) == (6 * HOUR, 6 * HOUR)
    assert told["totals"]["sentence"] == "Of the 6 h that FIN overran or let others wait, customers felt 6 h (100 %)."
    page = await story.client.get(f"{path}?{period}", headers={"Accept": "text/html"})
    assert "Of the 6 h that FIN overran or let others wait, customers felt 6 h (100 %)." in page.text

    # What is Cy's is told to Cy, but nobody is held against others by four tickets.
    own = await story.get(f"/v1/scorecards/members/{cy}?{period}")
    mine = {each["group"]["measure"]: each for each in own["rows"]}
    assert (mine["recognitions"]["value"], mine["feedback"]["value"]) == (1, 3.75)
    assert (own["comparison"]["compared"], mine["feedback"]["median"]) == (False, None)
    heard = (await story.figures("feedback", "provider"))["FIN",]
    assert (heard["responses"], heard["share_negative"]) == (4, 0.25)
    (given,) = (await story.of_customer("timeline?kind=recognition"))["items"]
    assert given["member_id"] == cy

    # Whoever spoke in anger may say it otherwise for a week; after that it stands.
    story.when(15)
    await story.do("feedback", felt, score=2)
    assert (await story.figures("feedback", "provider"))["FIN",]["mean_score"] == 4.0
    story.when(18)
    assert (await story.try_to("feedback", felt, score=5)).status_code == 409


async def test_who_answers_the_phone_knows_what_would_help(story: Story) -> None:
    """Ask employees how the relationship can be improved.

    Bob hears from Albion every week that their credit was checked too late. He suggests to check it before the order;
    two colleagues are for it. Finance do so, and a week later everyone can see what it changed, and whose idea it was.
    """
    bob, ada, cy = [
        await story.member(name, key) for name, key in (("Bob", "SERVICE"), ("Ada", "SALES"), ("Cy", "FIN"))
    ]
    await story.undertake("FIN", 8)

    async def checks(day: int, hours: int) -> None:
        """Twenty credit checks for Albion that each took so long."""
        story.when(day)
        asked = [await story.draft("SALES", "FIN") for _ in range(20)]
        batch = await story.post("/v1/tickets/batch", {"items": asked}, 200)
        story.clock.passes(hours=hours)
        for each in batch["results"]:
            await story.do("resolve", each["ticket"]["id"])

    await checks(3, 20)
    story.when(5)
    idea = {"text": "Check the credit before the order.", "department_id": story.departments["FIN"], "member_id": bob}
    suggested = await story.post("/v1/suggestions", idea | {"customer_id": story.customer_id})
    path = f"/v1/suggestions/{suggested['id']}"
    for voter in (ada, cy):
        await story.post(f"{path}/vote", {"member_id": voter}, 200)
    (asked_for,) = (await story.get(f"/v1/suggestions?customer_id={story.customer_id}&status=open"))["items"]
    assert (asked_for["id"], asked_for["votes"]) == (suggested["id"], 2)
    story.when(9)
    adopted = {"answer": "From today on.", "metric": "attainment", "days": 7}
    assert (await story.post(f"{path}/adopt", adopted, 200))["effect"] is None
    await checks(10, 2)
    story.when(16, 11)
    await story.background()

    effect = (await story.get(path))["effect"]
    assert [(effect[side]["value"], effect[side]["n"]) for side in ("before", "since")] == [(0.0, 20), (1.0, 20)]
    assert effect["before"]["high"] < effect["since"]["low"]
    assert effect["verdict"] == "better"
    told = (await story.get(f"/v1/customers/{story.customer_id}/timeline?kind=suggestion"))["items"]
    assert [each["event"] for each in told] == ["made", "adopted", "measured"]
    period = f"from={march(1, 0)}&to={march(31, 0)}"
    for of, id_ in (("members", bob), ("departments", story.departments["FIN"])):
        scored = await story.get(f"/v1/scorecards/{of}/{id_}?{period}")
        assert next(each["value"] for each in scored["rows"] if each["group"]["measure"] == "suggestions_adopted") == 1
