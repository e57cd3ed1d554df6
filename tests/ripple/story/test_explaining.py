"""The story of a commitment: what it says of the agreed scenarios, and that it says only what the analysis does."""

import copy
import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ripple.elapsed import in_words
from app.ripple.engine.analysis import Analysis, analyse
from app.ripple.engine.graph import ROOT, Graph
from app.ripple.story.causes import delays_of
from app.ripple.story.explaining import Status, Story, explain
from app.ripple.story.telling import Named, Names, Sentence
from tests.ripple.documents import from_document
from tests.ripple.random_graphs import random_document, random_document_of_many

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "ripple_vectors.json").read_text())
DAY = 86_400
NAMES = Names("Go-live", "Acme", commitment_id="the one")
DURATION = re.compile(r"\d+(?:\.\d)? (?:s|min|h|d)\b")
ON_PATH = frozenset(("queue", "work", "requester", "customer", "third_party", "unticketed"))

documents = st.randoms(use_true_random=False).map(random_document)
graphs = documents.map(from_document)
crowded_graphs = st.integers(0, 10**6).map(random.Random).map(random_document_of_many).map(from_document)


def story_of(graph: Graph, status: Status | None = None, names: Names = NAMES) -> Story:
    if status is None:
        status = "open" if graph.commitment.delivered_at is None else "delivered"
    return explain(graph, analyse(graph), names, status)


def scenario(name: str) -> Graph:
    return from_document(next(vector["input"] for vector in VECTORS if vector["name"] == name))


def told(name: str) -> list[str]:
    story = story_of(scenario(name))
    return [story.headline.text, *(sentence.text for sentence in story.sentences)]


def everything_in(story: Story) -> list[Sentence]:
    return [story.headline, *story.sentences]


def of_kind(story: Story, *kinds: str) -> list[Sentence]:
    return [sentence for sentence in story.sentences if sentence.kind in kinds]


def test_both_departments_are_told_with_what_they_did() -> None:
    assert told("both late") == [
        "“Go-live” for Acme was delivered 3 d late, 2 d of it because of Finance.",
        "2 d of the 3 d came from Finance: T2 waited 4 d unacknowledged and was worked on for 1 d.",
        "1 d of the 3 d came from Operations: T1 was worked on for 2.8 d and waited 6 h unacknowledged.",
        "T1 of Operations overran by 3 d, 2 d of it inherited from what it waited for, last T2 of Finance.",
        "From promise to delivery 8 d went by: 5 d with Finance and 3 d with Operations.",
    ]


def test_a_sentence_states_each_of_its_figures_beside_the_text() -> None:
    (share, *_) = story_of(scenario("both late")).sentences
    assert (share.kind, share.about.type, share.about.key, share.seconds) == ("share", "department", "Finance", 2 * DAY)
    assert [(figure.name, figure.seconds, figure.text, figure.ticket_id) for figure in share.figures] == [
        ("share", 2 * DAY, "2 d", None),
        ("lateness", 3 * DAY, "3 d", None),
        ("queue", 4 * DAY, "4 d", "T2"),
        ("work", DAY, "1 d", "T2"),
    ]
    assert share.ticket_ids == ("T2",)


def test_what_was_absorbed_is_told_of_a_commitment_that_was_early() -> None:
    assert told("delay absorbed by slack")[:2] == [
        "“Go-live” for Acme was delivered 2 d early.",
        "Operations overran by 1 d, which the customer did not feel.",
    ]


def test_delays_side_by_side_are_told_to_be_no_ones_alone() -> None:
    mended = "kept its promises and let nobody wait: something else was late at the same time."
    assert told("concurrent delay")[:5] == [
        "“Go-live” for Acme was delivered 1 d late, 12 h of it each because of Finance and Operations.",
        "12 h of the 1 d came from Finance: meanwhile T2 was worked on for 4 d.",
        f"None of these 12 h would have been saved had Finance alone {mended}",
        "12 h of the 1 d came from Operations: T1 was worked on for 4 d.",
        f"None of these 12 h would have been saved had Operations alone {mended}",
    ]
    assert told("concurrent delay of unequal length")[2] == (
        "Had Operations alone kept its promises and let nobody wait, 12 h of these 2.5 d would have been lost all the "
        "same: something else was late at the same time."
    )


def test_delays_that_only_add_up_to_harm_are_told_so() -> None:
    text = "Had the customer alone let nobody wait, 2 d would have been saved: some of it did harm only on top of other"
    assert f"{text} delays." in told("waits that overlap")


def test_a_plan_that_was_too_tight_blames_nobody() -> None:
    beyond = "The promise could not be kept: even had Sales lost no time of its own, and nobody beneath it been slower"
    beyond = f"{beyond} than promised"
    assert told("the promise was too tight") == [
        "“Go-live” for Acme was delivered 2 d late, all of it in the plan itself.",
        "All 2 d lay in the plan itself: the promise was tighter than the service levels beneath it.",
        f"{beyond}, it would have been 2 d late.",
        "None of the 2 service levels beneath it was overrun.",
        "From promise to delivery 5 d went by: 3 d with Operations and 2 d with Finance.",
    ]


def test_what_had_no_service_level_is_told() -> None:
    assert told("no service level agreed")[1] == (
        "All 2 d lay in the plan itself: no service level had been agreed on T1."
    )


@pytest.mark.parametrize(
    ("name", "whom"),
    [("waiting for the customer", "the customer"), ("waiting for the requester", "Sales")],
)
def test_who_kept_a_ticket_waiting_answers_for_it(name: str, whom: str) -> None:
    assert told(name)[1] == f"All 2 d came from {whom}: T1 was kept waiting for 2 d."
    assert told(name)[2] == "The one service level beneath it was not overrun."


def test_a_third_party_is_told_beside_the_departments() -> None:
    assert "2 d of the 3 d came from a third party: T1 was kept waiting for 2 d." in told(
        "a supplier keeps the second department waiting"
    )


def test_time_in_which_nobody_had_been_asked_is_the_owners() -> None:
    assert told("nobody had been asked")[1] == "All 2 d came from Sales: for 3 d nobody had been asked."


def test_an_open_commitment_is_told_as_of_now_with_whom_it_waits_for() -> None:
    assert told("still open") == [
        "“Go-live” for Acme is not delivered and 1 d late as of 7 March 2026, 09:00 UTC, all of it because of Finance.",
        "For the last 4 d it has been waiting for Finance, where T2 has not been acknowledged.",
        "All 1 d came from Finance: T2 waited 4 d unacknowledged.",
        "T1 of Operations overran by 1 d, all of it inherited from what it waited for, last T2 of Finance.",
        "Finance overran by 3 d, 2 d of which was absorbed so far.",
        "Since the promise 5 d went by: 4 d with Finance and 1 d with Operations.",
    ]


def document_of(**commitment: Any) -> dict[str, Any]:
    day = "2026-03-{:02}T09:00:00Z".format
    given = {name: day(value) if isinstance(value, int) else value for name, value in commitment.items()}
    return {"commitment": {"owner": "Sales", "promised_at": day(2), "delivered_at": None, **given}, "tickets": []}


def test_a_commitment_that_nobody_was_asked_for_is_its_owners_own_time() -> None:
    story = story_of(from_document(document_of(due_at=3, delivered_at=5)))
    assert story.headline.text == "“Go-live” for Acme was delivered 2 d late, all of it because of Sales."
    assert [sentence.text for sentence in story.sentences] == [
        "All 2 d came from Sales: for 3 d nobody had been asked.",
        "Nobody was asked for anything: all 3 d passed with Sales itself.",
    ]


@pytest.mark.parametrize(
    ("due", "now", "status", "said"),
    [
        (5, 3, "open", "is due in 2 d as of 3 March 2026, 09:00 UTC"),
        (5, 5, "open", "is due now"),
        (5, 3, "cancelled", "was cancelled 2 d before it was due"),
        (5, 5, "cancelled", "was cancelled just when it was due"),
        (3, 5, "cancelled", "was cancelled 2 d after it was due, all of it because of Sales"),
    ],
)
def test_the_headline_tells_how_a_commitment_stands(due: int, now: int, status: Status, said: str) -> None:
    document = document_of(due_at=due) | {"now": f"2026-03-{now:02}T09:00:00Z"}
    assert story_of(from_document(document), status).headline.text == f"“Go-live” for Acme {said}."


def test_a_commitment_delivered_the_instant_it_was_promised_has_a_story_too() -> None:
    story = story_of(from_document(document_of(due_at=2, delivered_at=2)))
    assert story.headline.text == "“Go-live” for Acme was delivered just when it was due."
    assert [sentence.text for sentence in story.sentences] == ["No time has gone by since the promise."]


def test_departments_and_tickets_are_called_what_people_call_them() -> None:
    names = Names("Go-live", "Acme", None, {"Finance": "Finance & Control"}, {"T2": Named("T-17", "Credit line")})
    story = story_of(scenario("primary and reactionary"), names=names)
    assert [sentence.text for sentence in story.sentences[:2]] == [
        "All 2 d came from Finance & Control: T-17 waited 4 d unacknowledged and was worked on for 1 d.",
        "T1 of Operations overran by 2 d, all of it inherited from what it waited for, last T-17 of Finance & Control.",
    ]


def test_of_many_tickets_the_sum_is_told() -> None:
    document = document_of(due_at=3, delivered_at=5)
    document["tickets"] = [
        {
            "id": f"T{number}",
            "requester": "Sales",
            "provider": "Finance",
            "opened_at": f"2026-03-{2 + number // 8:02}T{9 + number % 8:02}:00:00Z",
            "resolved_at": f"2026-03-{2 + number // 8:02}T{10 + number % 8:02}:00:00Z",
            "due_at": f"2026-03-{2 + number // 8:02}T{9 + number % 8:02}:30:00Z",
        }
        for number in range(16)
    ]
    share = next(each for each in of_kind(story_of(from_document(document)), "share") if each.about.key == "Finance")
    assert share.text == "8 h of the 2 d came from Finance: 16 tickets waited 16 h unacknowledged in all."
    assert len(share.ticket_ids) == 16


@given(crowded_graphs)
def test_of_many_departments_the_largest_are_told_and_the_rest_is_added_up(graph: Graph) -> None:
    story = story_of(graph)
    for kind in ("share", "absorbed"):
        assert len(of_kind(story, kind)) <= 6
    assert len(of_kind(story, "inherited")) <= 4
    assert_adds_up(story, analyse(graph))


@given(graphs)
def test_shares_and_plan_add_up_to_the_lateness(graph: Graph) -> None:
    assert_adds_up(story_of(graph), analyse(graph))


def assert_adds_up(story: Story, analysis: Analysis) -> None:
    assert sum(sentence.seconds or 0 for sentence in of_kind(story, "share", "plan")) == analysis.lateness_seconds
    inherited = sum(overrun.reactionary_seconds for overrun in analysis.overruns)
    assert sum(sentence.seconds or 0 for sentence in of_kind(story, "inherited")) == inherited


@given(graphs)
def test_what_was_absorbed_is_what_of_each_departments_delay_nobody_felt(graph: Graph) -> None:
    story, analysis = story_of(graph), analyse(graph)
    felt = {share.party: share.shapley_seconds for share in analysis.attribution}
    unfelt = {
        delay.department: delay.seconds - felt.get(delay.department, 0)
        for delay in delays_of(analysis, graph.commitment.owner)
    }
    assert {each.about.key: each.seconds for each in of_kind(story, "absorbed")} == {
        department: seconds for department, seconds in unfelt.items() if seconds > 0
    }


@given(graphs)
def test_every_figure_is_stated_in_the_text_and_none_is_zero(graph: Graph) -> None:
    for sentence in everything_in(story_of(graph)):
        assert DURATION.findall(sentence.text) == [figure.text for figure in sentence.figures]
        assert all(figure.seconds > 0 and figure.text == in_words(figure.seconds) for figure in sentence.figures)
        assert sentence.seconds is None or sentence.seconds > 0


@given(graphs)
def test_no_sentence_is_empty_and_there_is_always_one(graph: Graph) -> None:
    story = story_of(graph)
    assert story.sentences
    for sentence in everything_in(story):
        assert re.fullmatch(r"\S.*[^\s.]\.", sentence.text)
        assert "  " not in sentence.text
        assert "None " not in sentence.text.replace("None of", "")


@given(graphs)
def test_every_figure_is_one_of_the_analysis(graph: Graph) -> None:
    analysis, story = analyse(graph), story_of(graph)
    overruns = {overrun.ticket_id: overrun for overrun in analysis.overruns}
    on_path: Counter[tuple[str | None, str | None, str]] = Counter()
    for segment in analysis.segments:
        on_path[segment.ticket_id, segment.department, segment.cause] += segment.seconds
    for sentence in everything_in(story):
        for figure in sentence.figures:
            match figure.name:
                case "lateness" | "plan" | "unpromised" | "elapsed":
                    assert figure.seconds == getattr(analysis, f"{figure.name}_seconds")
                case "overrun" | "reactionary" if figure.ticket_id is not None:
                    assert figure.seconds == getattr(overruns[figure.ticket_id], f"{figure.name}_seconds")
                case name if name in ON_PATH and sentence.kind == "share" and figure.ticket_id is not None:
                    assert figure.seconds == on_path[figure.ticket_id, figure.department, name]


@given(graphs)
def test_the_parts_of_the_elapsed_time_add_up_to_it(graph: Graph) -> None:
    (elapsed,) = of_kind(story_of(graph), "elapsed")
    whole, *parts = elapsed.figures or (None,)
    if whole is not None and parts:
        assert sum(part.seconds for part in parts) == whole.seconds == graph.ended[ROOT] - graph.opened[ROOT]


@given(graphs)
def test_only_tickets_of_the_commitment_are_named(graph: Graph) -> None:
    known = {ticket.id for ticket in graph.tickets}
    for sentence in everything_in(story_of(graph)):
        assert set(sentence.ticket_ids) <= known
        assert {figure.ticket_id for figure in sentence.figures} - {None} <= set(sentence.ticket_ids)


@given(graphs)
def test_whoever_has_a_share_is_told_with_what_they_did(graph: Graph) -> None:
    for sentence in of_kind(story_of(graph), "share"):
        if sentence.seconds is not None and sentence.seconds > 1:
            assert ":" in sentence.text


@given(graphs)
def test_what_mending_one_alone_would_save_is_told_where_it_is_not_its_share(graph: Graph) -> None:
    story = story_of(graph)
    alone = {(each.about.key or each.about.type): each for each in of_kind(story, "concurrent", "together")}
    for share in analyse(graph).attribution:
        sentence, difference = alone.get(share.party), share.shapley_seconds - share.but_for_seconds
        if sentence is None:
            assert abs(difference) <= max(1, share.shapley_seconds / 20)
        else:
            assert sentence.kind == ("concurrent" if difference > 0 else "together")
            assert sentence.seconds == (difference if difference > 0 else share.but_for_seconds)


@given(documents, st.randoms(use_true_random=False))
def test_the_order_of_the_tickets_changes_no_sentence(document: dict[str, Any], rng: random.Random) -> None:
    shuffled = copy.deepcopy(document)
    rng.shuffle(shuffled["tickets"])

    def texts(given: dict[str, Any]) -> list[str]:
        return [sentence.text for sentence in everything_in(story_of(from_document(given)))]

    assert texts(shuffled) == texts(document)


def test_a_share_that_was_sampled_says_how_sure_it_is() -> None:
    document = document_of(due_at=3, delivered_at=5)
    document["tickets"] = [
        {
            "id": f"T{number:02}",
            "requester": "Sales",
            "provider": f"D{number:02}",
            "opened_at": "2026-03-02T09:00:00Z",
            "resolved_at": f"2026-03-05T{number % 9:02}:00:00Z",
            "due_at": "2026-03-03T09:00:00Z",
        }
        for number in range(20)
    ]
    story = story_of(from_document(document))
    sampled = [share for share in of_kind(story, "share") if "(give or take " in share.text]
    assert sampled
    for share in sampled:
        part, error, *_ = share.figures
        assert (part.name, error.name) == ("share", "standard_error")
        assert share.text.startswith(f"{part.text} (give or take {error.text}) of the 2 d came from ")
    assert of_kind(story, "share")[-1].text.endswith(" others together.")
    assert_adds_up(story, analyse(from_document(document)))
