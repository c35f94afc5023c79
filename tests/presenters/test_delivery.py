from gateway.domain.webhooks.delivery import GAPS_SECONDS, Attempt
from gateway.presenters.delivery import WEBHOOK_LISTED
from tests.support.factories import NOW, a_webhook


def test_a_listed_delivery_shows_its_last_attempt() -> None:
    hook = a_webhook().attempted(Attempt(NOW, 0, 503, "", None), GAPS_SECONDS)
    listed = WEBHOOK_LISTED.present(hook)
    assert (listed["status"], listed["attempts"], listed["response_code"]) == ("pending", 1, 503)
    assert listed["last_attempt_at"] == "2026-01-31T09:30:00.250Z"


def test_a_listed_delivery_without_attempts_shows_none() -> None:
    listed = WEBHOOK_LISTED.present(a_webhook())
    names = "id event status attempts created_at last_attempt_at response_code"
    assert set(names.split()) <= set(listed)
    assert (listed["attempts"], listed["last_attempt_at"], listed["response_code"]) == (0, None, None)
