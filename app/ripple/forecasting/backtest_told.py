"""A back-test for people, and for machines. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from app.ripple.forecasting.backtest import BackTest
from app.ripple.forecasting.scores import Bin, Scores

_DAY: Final = 86_400
_WIDTH: Final = 30


def back_test_document(found: BackTest) -> dict[str, Any]:
    """As JSON has it; the single forecasts are left out."""
    return {
        "commitments": found.commitments,
        "too_early": found.too_early,
        "by_share": [asdict(scores) for scores in found.by_share],
    }


def back_test_told(found: BackTest) -> str:
    """As a table for each figure, with a bar of what was late beneath the forecasts of each probability."""
    lines = [
        f"{found.commitments:,} commitments",
        f"{found.too_early:,} forecasts not made: fewer than 30 had been delivered by then",
        "",
        f"{'of the promised time':<32}{''.join(f'{scores.share:>10.0%}' for scores in found.by_share)}",
    ]
    for name, figure in _FIGURES.items():
        lines.append(f"{name:<32}{''.join(f'{figure(scores):>10}' for scores in found.by_share)}")
    for scores in found.by_share:
        lines += ["", f"reliability at {scores.share:.0%}: said, late, forecasts"]
        lines += [_bar(each) for each in scores.reliability]
    return "\n".join(lines)


def _bar(each: Bin) -> str:
    bar = ["#" if place < round(each.late_share * _WIDTH) else "." for place in range(_WIDTH)]
    bar[min(int(each.mean_probability * _WIDTH), _WIDTH - 1)] = "|"
    return f"  {each.mean_probability:>5.0%} {each.late_share:>5.0%} {each.forecasts:>7,}  {''.join(bar)}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _days(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds / _DAY:.1f} d"


def _forecasts(scores: Scores) -> str:
    return f"{scores.forecasts:,}"


_FIGURES: Final[Mapping[str, Callable[[Scores], str]]] = {
    "forecasts": _forecasts,
    "delivered earlier than 10 %": lambda scores: _share(scores.below),
    "within the 80 % interval": lambda scores: _share(scores.coverage),
    "later than 90 %": lambda scores: _share(scores.above),
    "late": lambda scores: _share(scores.base_rate),
    "Brier": lambda scores: _number(scores.brier),
    "Brier of the base rate": lambda scores: _number(scores.base_brier),
    "Brier skill": lambda scores: _number(scores.brier_skill),
    "CRPS": lambda scores: _days(scores.crps_seconds),
    "median error": lambda scores: _days(scores.median_error_seconds),
}
