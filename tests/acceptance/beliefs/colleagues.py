"""Colleagues are customers, too."""

from tests.acceptance.beliefs.story import HOUR, Story

KINDS = ("task", "approval", "information", "advice", "access", "incident")


async def test_a_colleague_waits_for_advice(story: Story) -> None:
    """A colleague is a customer too: someone waiting for an approval, advice or feedback is being served or not.

    Legal can be asked for six kinds of things, each with a promise. Sales get the wording that they ask for within the
    hour, but the advice that they need two days later, which was promised for the same day.
    """
    offered = {kind: await story.offer("LEGAL", kind) for kind in KINDS}
    for rank, (kind, request_type) in enumerate(offered.items(), start=1):
        await story.undertake("LEGAL", 8 if kind == "advice" else 24, rank=rank, request_type_id=request_type)
    catalogue = {each["kind"]: each for each in (await story.get("/v1/catalogue"))["items"]}
    promised = {kind: catalogue[kind]["promises"][0]["targets"][0]["seconds"] // HOUR for kind in KINDS}
    assert promised == dict.fromkeys(KINDS, 24) | {"advice": 8}

    wording, advice = [
        (await story.ticket("SALES", "LEGAL", request_type_id=offered[kind]))["id"]
        for kind in ("information", "advice")
    ]
    story.when(2, 10)
    await story.do("resolve", wording)
    await story.do("feedback", wording, score=5)
    story.when(3, 9)
    unserved = await story.get(f"/v1/tickets/{advice}")
    assert (unserved["status"], unserved["breached"], unserved["due_at"]) == ("open", True, "2026-03-02T17:00:00Z")
    (waiting,) = (await story.get("/v1/attention?kind=unacknowledged"))["items"]
    assert (waiting["subject"]["id"], story.key_of(waiting["could_act"]["department_id"])) == (advice, "LEGAL")
    story.when(4, 9)
    await story.do("resolve", advice)
    await story.do("feedback", advice, score=1, comment="We had to sign without it.")

    kept = await story.figures("service-levels", "request_type")
    assert {kind: kept[kind,]["attainment"] for kind in ("information", "advice")} == {
        "information": 1.0,
        "advice": 0.0,
    }
    served = (await story.figures("flow", "requester,provider"))["SALES", "LEGAL"]
    assert (served["tickets"], served["resolved"], served["attainment"]) == (2, 2, 0.5)
    assert served["p50_seconds"] == (HOUR + 48 * HOUR) / 2
    said = (await story.figures("feedback", "requester"))["SALES",]
    assert (said["responses"], said["mean_score"], said["share_negative"]) == (2, 3.0, 0.5)
    reached = {each["kind"]: each for each in (await story.get("/v1/catalogue"))["items"]}["advice"]
    month = reached["promises"][0]["targets"][0]["reached"][0]
    assert (month["days"], month["decided"], month["met"]) == (30, 1, 0)
