"""What happened to a customer, each in a sentence. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, Final

MOST_WORDS: Final = 300
"""How much of what was written goes into a sentence, in characters."""

Detail = Mapping[str, Any]


def told(kind: str, event: str, detail: Detail) -> str:
    """The sentence; `detail` as the timeline's statement gives it."""
    return _TOLD[kind](event, detail)


def _commitment(event: str, of: Detail) -> str:
    title = f"“{of['title']}”"
    match event:
        case "made":
            return f"{of['department']} promised {title} by {_day(of['due_at'])}."
        case "delivered":
            return f"{of['department']} delivered {title} in time."
        case "delivered_late":
            return f"{of['department']} delivered {title} late: it was due on {_day(of['agreed_due_at'])}."
        case "cancelled":
            return f"{of['department']} gave {title} up{_because(of['reason'])}"
        case _:
            agreed = " The customer agreed." if of["customer_agreed"] else ""
            days = f"{_day(of['due_at'])} instead of {_day(of['from_due_at'])}"
            return f"{title} is due on {days}{_because(of['reason'])}{agreed}"


def _ticket(event: str, of: Detail) -> str:
    name, department = f"T-{of['ticket']} {of['title']}", of["department"]
    match event:
        case "opened":
            return f"{of['requester']} asked {department}: {name}."
        case "acknowledged" | "started":
            return f"{name}: {department} {'has seen it' if event == 'acknowledged' else 'works on it'}."
        case "assigned":
            return f"{name}: {of['member'] or f'nobody in particular of {department}'} has it."
        case "prioritised":
            return f"{name}: its priority is {of['priority']}."
        case "escalated":
            return f"{name}: it was escalated by the service level agreement."
        case "resolved":
            granted = {True: " and granted", False: " and refused"}.get(of["granted"], "")
            return f"{name}: {department} resolved{granted} it{_because(of['resolution'])}"
        case "declined":
            return f"{name}: {department} declined it{_because(of['reason'])}"
        case _:
            return f"{name}: {of['requester']} {event} it{_because(of['reason'])}"


def _hand_off(event: str, of: Detail) -> str:
    name, department = f"T-{of['ticket']} {of['title']}", of["department"]
    if event == "accepted":
        return f"{name}: {department} accepted it."
    verb = "handed it over" if event == "transferred" else "returned it"
    told = f" ({_cut(of['summary'])})" if of["summary"] else ""
    return f"{name}: {department} {verb} to {of['to']}{_because(of['reason'])}{told}"


def _wait(event: str, of: Detail) -> str:
    name = f"T-{of['ticket']} {of['title']}"
    if event == "resumed":
        return f"{name}: the wait is over, {of['department']} works on it."
    whom = {"third_party": "a third party", "dependency": "another ticket"}.get(of["on"], f"the {of['on']}")
    return f"{name}: {of['department']} waits for {whom}{_because(of['reason'])}"


def _said(event: str, of: Detail) -> str:
    verb = "asked back" if event == "asked" else "said"
    said = f": {_cut(of['said'])}" if of["said"] else "."
    return f"T-{of['ticket']} {of['title']}: {of['department']} {verb}{said}"


def _outcome(event: str, of: Detail) -> str:
    said = {
        "csat": f"The customer gave {of['score']} of 5",
        "nps": f"The customer would recommend us with {of['score']} of 10",
        "complaint": "The customer complained",
        "churn": "The customer left",
        "renewal": "The customer renewed",
        "expansion": "The customer took more",
    }[event]
    worth = f" ({of['value']} {of['currency']})" if of["value"] is not None else ""
    return f"{said}{worth}{_because(of['comment'])}"


def _relationship(event: str, of: Detail) -> str:
    match event:
        case "started":
            return f"{of['who']} serves the customer as {of['role']}."
        case "ended":
            return f"{of['who']} is {of['role']} no longer{_because(of['reason'])}"
        case "handed_over":
            return f"{of['who']} handed over to {of['successor']} as {of['role']}{_because(of['reason'])}"
        case "perceived_as_owner":
            return f"The customer takes {of['who']} for its owner."
        case _:
            return f"The customer takes {of['who']} for its owner no longer."


def _recognition(_: str, of: Detail) -> str:
    by = f" by {of['by']}" if of["by"] else ""
    return f"{of['whom']} was thanked{by}: {_cut(of['message'])}"


def _suggestion(event: str, of: Detail) -> str:
    match event:
        case "made":
            department = f" to {of['department']}" if of["department"] else ""
            return f"{of['by'] or 'Somebody'} suggested{department}: {_cut(of['text'])}"
        case "measured":
            return f"What came of “{_cut(of['text'])}”: {of['effect']}"
        case _:
            return f"“{_cut(of['text'])}” was {event}{_because(of['answer'])}"


def _note(_: str, of: Detail) -> str:
    others = [name for name in of["fields"] if name not in ("notes", "preferences")]
    told = []
    if "notes" in of["fields"]:
        told.append(f"Notes: {_cut(of['notes'])}" if of["notes"] else "The notes were taken away.")
    if "preferences" in of["fields"]:
        preferences = ", ".join(f"{name}: {value}" for name, value in (of["preferences"] or {}).items())
        told.append(f"Preferences: {_cut(preferences)}" if preferences else "The preferences were taken away.")
    if others:
        told.append(f"What is known of the customer changed: {', '.join(others)}.")
    return " — ".join(told)


_TOLD: Final[Mapping[str, Callable[[str, Detail], str]]] = {
    "commitment": _commitment,
    "ticket": _ticket,
    "hand_off": _hand_off,
    "wait": _wait,
    "question": _said,
    "comment": _said,
    "outcome": _outcome,
    "relationship": _relationship,
    "recognition": _recognition,
    "suggestion": _suggestion,
    "note": _note,
}


def _because(words: str | None) -> str:
    return f": {_cut(words)}" if words else "."


def _cut(words: str) -> str:
    return words if len(words) <= MOST_WORDS else f"{words[: MOST_WORDS - 1].rstrip()}…"


def _day(instant: str) -> str:
    return instant[:10]
