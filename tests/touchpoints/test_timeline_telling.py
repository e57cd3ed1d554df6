"""What happened to a customer, in a sentence."""

from typing import Any

import pytest

from app.touchpoints.timeline_queries import KINDS
from app.touchpoints.timeline_telling import MOST_WORDS, told

PROMISE = {"title": "Go-live", "department": "Operations", "due_at": "2026-03-14T09:00:00Z", "reason": None}
TICKET = dict.fromkeys(("to", "member", "on", "reason", "priority", "resolution", "granted", "said", "summary")) | {
    "ticket": 12,
    "title": "Credit check",
    "requester": "Sales",
    "department": "Finance",
}
OUTCOME = {"score": None, "value": None, "currency": None, "comment": None}
IDEA = {"by": "Ada", "department": "Finance", "text": "Check first.", "answer": None, "effect": None}
LIKES = {"fields": ["preferences"]}
TIE = {"who": "Ada", "role": "account owner", "reason": None, "successor": None}


@pytest.mark.parametrize(
    ("kind", "event", "detail", "sentence"),
    [
        ("commitment", "made", PROMISE, "Operations promised “Go-live” by 2026-03-14."),
        ("commitment", "delivered", PROMISE, "Operations delivered “Go-live” in time."),
        (
            "commitment",
            "delivered_late",
            PROMISE | {"agreed_due_at": "2026-03-12T09:00:00Z"},
            "Operations delivered “Go-live” late: it was due on 2026-03-12.",
        ),
        ("commitment", "cancelled", PROMISE | {"reason": "Too dear."}, "Operations gave “Go-live” up: Too dear."),
        (
            "commitment",
            "rescheduled",
            PROMISE | {"from_due_at": "2026-03-10T09:00:00Z", "reason": "Parts.", "customer_agreed": True},
            "“Go-live” is due on 2026-03-14 instead of 2026-03-10: Parts. The customer agreed.",
        ),
        ("ticket", "opened", TICKET, "Sales asked Finance: T-12 Credit check."),
        ("ticket", "acknowledged", TICKET, "T-12 Credit check: Finance has seen it."),
        ("ticket", "started", TICKET, "T-12 Credit check: Finance works on it."),
        ("ticket", "assigned", TICKET | {"member": "Ben"}, "T-12 Credit check: Ben has it."),
        ("ticket", "assigned", TICKET, "T-12 Credit check: nobody in particular of Finance has it."),
        ("ticket", "prioritised", TICKET | {"priority": "p1"}, "T-12 Credit check: its priority is p1."),
        ("ticket", "escalated", TICKET, "T-12 Credit check: it was escalated by the service level agreement."),
        ("ticket", "resolved", TICKET | {"resolution": "Done."}, "T-12 Credit check: Finance resolved it: Done."),
        ("ticket", "resolved", TICKET | {"granted": False}, "T-12 Credit check: Finance resolved and refused it."),
        ("ticket", "declined", TICKET | {"reason": "Not ours."}, "T-12 Credit check: Finance declined it: Not ours."),
        ("ticket", "reopened", TICKET | {"reason": "Wrong."}, "T-12 Credit check: Sales reopened it: Wrong."),
        ("ticket", "closed", TICKET, "T-12 Credit check: Sales closed it."),
        (
            "hand_off",
            "transferred",
            TICKET | {"to": "Legal", "reason": "Terms."},
            "T-12 Credit check: Finance handed it over to Legal: Terms.",
        ),
        (
            "hand_off",
            "transferred",
            TICKET | {"to": "Legal", "reason": "Terms.", "summary": "They want to pay later."},
            "T-12 Credit check: Finance handed it over to Legal: Terms. (They want to pay later.)",
        ),
        ("hand_off", "returned", TICKET | {"to": "Legal"}, "T-12 Credit check: Finance returned it to Legal."),
        ("hand_off", "accepted", TICKET, "T-12 Credit check: Finance accepted it."),
        ("wait", "waiting", TICKET | {"on": "customer"}, "T-12 Credit check: Finance waits for the customer."),
        ("wait", "waiting", TICKET | {"on": "third_party"}, "T-12 Credit check: Finance waits for a third party."),
        ("wait", "resumed", TICKET, "T-12 Credit check: the wait is over, Finance works on it."),
        ("question", "asked", TICKET | {"said": "Which site?"}, "T-12 Credit check: Finance asked back: Which site?"),
        ("comment", "commented", TICKET, "T-12 Credit check: Finance said."),
        ("outcome", "csat", OUTCOME | {"score": 2, "comment": "Late."}, "The customer gave 2 of 5: Late."),
        ("outcome", "nps", OUTCOME | {"score": 9}, "The customer would recommend us with 9 of 10."),
        ("outcome", "churn", OUTCOME | {"value": "10.00", "currency": "EUR"}, "The customer left (10.00 EUR)."),
        ("relationship", "started", TIE, "Ada serves the customer as account owner."),
        ("relationship", "ended", TIE | {"reason": "Left."}, "Ada is account owner no longer: Left."),
        ("relationship", "handed_over", TIE | {"successor": "Ben"}, "Ada handed over to Ben as account owner."),
        ("relationship", "perceived_as_owner", TIE, "The customer takes Ada for its owner."),
        ("relationship", "no_longer_perceived_as_owner", TIE, "The customer takes Ada for its owner no longer."),
        ("suggestion", "made", IDEA, "Ada suggested to Finance: Check first."),
        ("suggestion", "made", IDEA | {"by": None, "department": None}, "Somebody suggested: Check first."),
        ("suggestion", "adopted", IDEA | {"answer": "From Monday on."}, "“Check first.” was adopted: From Monday on."),
        ("suggestion", "declined", IDEA | {"answer": "Too dear."}, "“Check first.” was declined: Too dear."),
        (
            "suggestion",
            "measured",
            IDEA | {"effect": "Returns: 3 before, 1 since."},
            "What came of “Check first.”: Returns: 3 before, 1 since.",
        ),
        ("note", "noted", {"notes": "Call first.", "fields": ["notes"]}, "Notes: Call first."),
        ("note", "noted", {"notes": None, "fields": ["notes"]}, "The notes were taken away."),
        ("note", "preferences_changed", LIKES | {"preferences": {"language": "de"}}, "Preferences: language: de"),
        ("note", "preferences_changed", LIKES | {"preferences": {}}, "The preferences were taken away."),
        (
            "note",
            "noted",
            {"notes": "Call first.", "preferences": {"language": "de"}, "fields": ["notes", "preferences", "tier"]},
            "Notes: Call first. — Preferences: language: de — What is known of the customer changed: tier.",
        ),
        ("note", "changed", {"fields": ["name", "tier"]}, "What is known of the customer changed: name, tier."),
    ],
)  # fmt: skip
def test_each_is_told_in_a_sentence(kind: str, event: str, detail: dict[str, Any], sentence: str) -> None:
    assert kind in KINDS
    assert told(kind, event, detail) == sentence


def test_what_is_long_is_cut() -> None:
    sentence = told("note", "noted", {"notes": "x" * 1000, "fields": ["notes"]})
    assert len(sentence) == MOST_WORDS + len("Notes: ")
    assert sentence.endswith("…")
