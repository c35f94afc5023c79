"""Which of Razorpay's scenarios for server-to-server integrations are played, and by which tests.

They are published as BP-01 to BP-37 (Razorpay docs, "Test S2S", "Best Practices"). Those below are the ones
whose text, or what one needs to play them, could be read here, said in our words; of the others nothing is
claimed (docs/acquirers.md).
"""

from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CONNECTOR = "tests/acquirers/test_razorpay.py"
FAULTS = "tests/acquirers/test_razorpay_faults.py"
NOTICES = "tests/use_cases/test_acquirer_notices.py"
E2E = "tests/e2e/test_razorpay_payments.py"


@dataclass(frozen=True)
class Scenario:
    """What happens; the tests that play it, or why none does."""

    says: str
    played_by: tuple[tuple[str, str], ...] = ()
    left_out: str = ""


SCENARIOS = {
    "BP-01": Scenario(
        "the shopper's browser is gone: the order is paid all the same",
        ((E2E, "test_a_collect_request_is_paid_captured_and_half_of_it_refunded"),),
    ),
    "BP-02": Scenario(
        "the signature of what a browser brings back",
        left_out="nothing comes back by a browser: UPI is asked for from server to server",
    ),
    "BP-03": Scenario(
        "a webhook that was changed on its way",
        ((CONNECTOR, "test_events_of_the_stand_in_verify_for_the_connector_and_for_the_official_client"),),
    ),
    "BP-04": Scenario(
        "no webhook arrives: the outcome is found by asking",
        ((FAULTS, "test_without_a_failure_the_late_payment_is_taken_told_and_given_back"),),
    ),
    "BP-05": Scenario(
        "what is still open is looked up by its order",
        ((CONNECTOR, "test_before_a_payment_is_created_again_the_orders_payments_are_looked_at"),),
    ),
    "BP-06": Scenario(
        "a failed payment becomes authorised days later (given back here, where Razorpay says: fulfil)",
        (
            (CONNECTOR, "test_a_failure_may_become_authorised_and_is_then_captured_or_given_back"),
            (FAULTS, "test_without_a_failure_the_late_payment_is_taken_told_and_given_back"),
        ),
    ),
    "BP-07": Scenario(
        "the response to a new order is lost: the next request gives the same order",
        ((CONNECTOR, "test_an_order_whose_response_was_lost_is_the_same_one_when_asked_again"),),
    ),
    "BP-08": Scenario(
        "the response to a new payment is lost: it is looked for before another is made",
        (
            (CONNECTOR, "test_before_a_payment_is_created_again_the_orders_payments_are_looked_at"),
            (E2E, "test_a_response_that_goes_wrong_in_any_way_charges_once"),
        ),
    ),
    "BP-10": Scenario(
        "a webhook arrives twice",
        ((NOTICES, "test_a_repeated_notice_does_nothing_even_if_its_text_differs"),),
    ),
    "BP-11": Scenario(
        "a webhook is answered at once, and worked off behind it",
        ((NOTICES, "test_a_notice_wakes_the_worker_and_changes_nothing_itself"),),
    ),
    "BP-12": Scenario(
        "the response to a refund is lost: it is paid once for its key",
        (
            (CONNECTOR, "test_a_refund_whose_response_was_lost_is_paid_once"),
            (E2E, "test_a_refund_whose_response_goes_wrong_is_paid_once"),
        ),
    ),
    "BP-17": Scenario(
        "webhooks about a bank's downtime", left_out="no method is hidden while a bank is down"
    ),
    "BP-20": Scenario(
        "a run over what is open settles it",
        ((FAULTS, "test_no_failure_of_a_request_to_razorpay_bends_the_books"),),
    ),
    "BP-36": Scenario("downtimes as a page opens", left_out="no method is hidden while a bank is down"),
    "BP-37": Scenario(
        "a webhook with a wrong signature",
        (
            (CONNECTOR, "test_a_webhook_that_razorpay_did_not_sign_is_refused"),
            (NOTICES, "test_a_wrong_signature_is_refused_and_stores_nothing"),
        ),
    ),
}


@pytest.mark.parametrize("number", SCENARIOS)
def test_a_scenario_of_razorpays_names_tests_that_there_are_or_says_why_there_is_none(number: str) -> None:
    scenario = SCENARIOS[number]
    assert scenario.says
    assert bool(scenario.played_by) != bool(scenario.left_out)
    for path, name in scenario.played_by:
        assert f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")


def test_the_docs_name_the_scenarios_that_are_played_and_no_other() -> None:
    text = (ROOT / "docs" / "acquirers.md").read_text(encoding="utf-8")
    played = {number for number, scenario in SCENARIOS.items() if scenario.played_by}
    listed = {line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| BP-")}
    assert listed == played
