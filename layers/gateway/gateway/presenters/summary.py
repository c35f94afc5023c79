"""The dashboard's numbers."""

from gateway.domain.payments.payment import METHODS, PaymentStatus
from gateway.domain.payments.tally import Day, Numbers, Summary
from gateway.presenters.resource import Member, Resource, lifted
from gateway.presenters.vocabulary import COUNT, CURRENCY, an_array, an_object

_DATE = {"type": "string", "format": "date", "examples": ["2026-01-31"]}
_SUM = {**COUNT, "description": "Of the successful payments, in the currency's minor unit."}
_METHOD = an_object({"count": COUNT, "amount": _SUM})
_BY_STATUS = an_object({str(status): COUNT for status in PaymentStatus})


def _a_date(name: str, attribute: str) -> Member[Summary]:
    return Member(name, _DATE, lambda summary: getattr(summary, attribute).isoformat())


def _count_of(status: PaymentStatus) -> Member[Day]:
    return Member(str(status), COUNT, lambda day: day.counted.count(status=status))


_DAY = Resource[Day](
    "Day",
    Member("date", _DATE, lambda day: day.date.isoformat()),
    _count_of(PaymentStatus.SUCCESS),
    _count_of(PaymentStatus.FAILED),
    _count_of(PaymentStatus.PENDING),
    Member("amount", _SUM, lambda day: day.summed.amount()),
)
_NUMBERS = Resource[Numbers](
    "Numbers",
    Member("currency", CURRENCY),
    Member("total_transactions", COUNT, lambda numbers: numbers.counted.count()),
    Member("total_amount", _SUM, lambda numbers: numbers.summed.amount()),
    Member(
        "success_rate",
        {
            "type": "number",
            "minimum": 0,
            "maximum": 100,
            "description": "Percentage of the finished payments that succeeded; 0 where none is finished.",
        },
        lambda numbers: numbers.counted.success_rate(),
    ),
    Member(
        "by_status",
        _BY_STATUS,
        lambda numbers: {str(status): numbers.counted.count(status=status) for status in PaymentStatus},
    ),
    Member(
        "by_method",
        an_object(dict.fromkeys(METHODS, _METHOD)),
        lambda numbers: {
            method: {
                "count": numbers.counted.count(method=method),
                "amount": numbers.summed.amount(method=method),
            }
            for method in METHODS
        },
    ),
    Member("by_day", an_array(_DAY.schema), lambda numbers: [_DAY.present(day) for day in numbers.days]),
)


def _itself(summary: Summary) -> Numbers:
    return summary


# Counts are over all currencies; amounts are in `currency`. `currencies` has each by itself.
SUMMARY = Resource[Summary](
    "Summary",
    *lifted(_NUMBERS.members, _itself),
    _a_date("from", "first"),
    _a_date("to", "last"),
    Member(
        "currencies",
        an_array(_NUMBERS.schema),
        lambda summary: [_NUMBERS.present(numbers) for numbers in summary.currencies],
    ),
)
