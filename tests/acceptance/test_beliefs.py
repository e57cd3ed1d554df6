"""The belief behind it (the first table of what the product is), row by row: for each the stories that live it over
HTTP, told by the customer and the people who serve it, and what the software shows of that in the end."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import httpx
import pytest

from app.kernel.database import Database
from tests.acceptance.beliefs.belonging import (
    test_a_hygienist_moves_with_her_patients,
    test_a_member_leaves_and_nothing_is_dropped,
    test_many_departments_touch_the_same_customer,
    test_nothing_may_fall_between_them,
)
from tests.acceptance.beliefs.colleagues import test_a_colleague_waits_for_advice
from tests.acceptance.beliefs.empowering import test_a_manager_too_busy_to_approve
from tests.acceptance.beliefs.growing import (
    test_a_review_talk_about_what_others_said,
    test_who_answers_the_phone_knows_what_would_help,
)
from tests.acceptance.beliefs.helping_each_other import (
    test_a_contact_person_gets_no_accurate_help_in_time,
    test_sales_order_service_operations_it_and_finance_along_one_promise,
)
from tests.acceptance.beliefs.knowing_customers import (
    test_unserved_customers_leave_quietly,
    test_what_customers_are_worth_stands_beside_every_delay,
    test_whoever_serves_a_customer_knows_how_they_like_it,
)
from tests.acceptance.beliefs.passing_around import test_passed_around_three_times_and_asked_again
from tests.acceptance.beliefs.story import Story
from tests.conftest import Clock

BELIEFS: Final[Mapping[str, tuple[Callable[..., Any], ...]]] = {
    "An organisation serves its customer only as well as its departments serve each other: if a contact person cannot "
    "get accurate help from another department in time, the customer is unhappy and everyone owns the outcome.": (
        test_a_contact_person_gets_no_accurate_help_in_time,
    ),
    "A colleague is a customer too: someone waiting for an approval, advice or feedback is being served or not.": (
        test_a_colleague_waits_for_advice,
    ),
    "A customer belongs to the person who serves them now *and* to the organisation; many departments touch the same "
    "customer. Nothing may fall between them.": (
        test_many_departments_touch_the_same_customer,
        test_a_member_leaves_and_nothing_is_dropped,
        test_nothing_may_fall_between_them,
    ),
    "The customer decides whom their business belongs to; relationships follow people.": (
        test_a_hygienist_moves_with_her_patients,
    ),
    "Sold, implemented, served, operated, billed: the customer's promise passes along a chain.": (
        test_sales_order_service_operations_it_and_finance_along_one_promise,
    ),
    "Being passed around, having to tell it all again, being put on hold: the worst of service. If a hand-off is "
    "needed, the receiver must know everything.": (test_passed_around_three_times_and_asked_again,),
    "Let employees fix problems without having to find a manager.": (test_a_manager_too_busy_to_approve,),
    "Teach employees what customers are worth.": (test_what_customers_are_worth_stands_beside_every_delay,),
    "Give people the customer's history and preferences.": (test_whoever_serves_a_customer_knows_how_they_like_it,),
    "Make it part of every performance review; share feedback, good and bad; recognise people.": (
        test_a_review_talk_about_what_others_said,
    ),
    "Ask employees how the relationship can be improved.": (test_who_answers_the_phone_knows_what_would_help,),
    "Unserved customers leave, quietly.": (test_unserved_customers_leave_quietly,),
}


@pytest.fixture
async def story(client: httpx.AsyncClient, clock: Clock, database: Database) -> Story:
    told = Story(client, clock=clock, database=database)
    told.when(2)
    await told.customer("ALBION", name="Albion Foods", annual_value="400000.00", currency="EUR")
    return told


@pytest.mark.parametrize("belief", BELIEFS)
def test_each_story_says_which_belief_it_lives(belief: str) -> None:
    for lived in BELIEFS[belief]:
        assert " ".join((lived.__doc__ or "").split()).startswith(belief)
    assert BELIEFS[belief]
