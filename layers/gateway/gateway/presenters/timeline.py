"""The timeline of a payment as the dashboard sees it."""

from gateway.domain.payments.moment import KINDS, Moment
from gateway.presenters.resource import Member, Resource, all_of
from gateway.presenters.vocabulary import COUNT, OBJECT, TEXT, TIME, Schema, an_array, one_of, or_null


def _about(name: str, schema: Schema) -> Member[Moment]:
    """A member that only some kinds of moments have."""
    return Member(name, schema, lambda moment: moment.about[name], when=lambda moment: name in moment.about)


MOMENT = Resource[Moment](
    "Moment",
    Member("at", TIME),
    Member("kind", one_of(KINDS)),
    _about("order_id", TEXT),
    _about("payment_id", TEXT),
    _about("refund_id", TEXT),
    _about("entry_id", TEXT),
    _about("entry_kind", TEXT),
    _about("webhook_id", TEXT),
    _about("amount", COUNT),
    _about("receipt", or_null(TEXT)),
    _about("method", TEXT),
    _about("error_code", TEXT),
    _about("error_description", TEXT),
    _about("reason", or_null(TEXT)),
    _about("lines", an_array(OBJECT)),
    _about("event", TEXT),
    _about("status", TEXT),
    _about("attempt", COUNT),
    _about("duration_ms", COUNT),
    _about("response_code", {"type": ["integer", "null"]}),
    _about("error", or_null(TEXT)),
)
TIMELINE = all_of("Timeline", MOMENT)
