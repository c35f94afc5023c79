from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import AsyncPayError, ExpiredCard, InvalidCard
from gateway.domain.payments.instruments import (
    HOLDER_NAME_LENGTH_MAX,
    Card,
    card_network,
    check_card,
    passes_luhn,
)

VISA = "4111111111111111"
AMEX = "378282246310005"
NOW = datetime(2026, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC)


def a_card(now: datetime = NOW, **members: str) -> Card:
    given = {
        "number": VISA,
        "cvv": "123",
        "expiry_month": "01",
        "expiry_year": "26",
        "holder_name": "A Holder",
    }
    return check_card(**(given | members), now=now)


def check_digit(digits: str) -> str:
    return next(last for last in "0123456789" if passes_luhn(digits + last))


@pytest.mark.parametrize(
    "number", [VISA, AMEX, "5555555555554444", "6011111111111117", "4222222222222", "79927398713", "0"]
)
def test_a_published_number_passes_luhn(number: str) -> None:
    assert passes_luhn(number)


@given(st.text("0123456789", min_size=12, max_size=18), st.data())
def test_a_number_with_any_one_digit_changed_fails_luhn(digits: str, data: st.DataObject) -> None:
    number = digits + check_digit(digits)
    place = data.draw(st.integers(0, len(number) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != number[place]]))
    assert passes_luhn(number)
    assert not passes_luhn(number[:place] + other + number[place + 1 :])


@pytest.mark.parametrize(
    ("start", "network"),
    [
        ("4", "visa"),
        *((str(two), "mastercard") for two in range(51, 56)),
        *((four, "mastercard") for four in ("2221", "2300", "2719", "2720")),
        ("34", "amex"),
        ("37", "amex"),
        ("60", "rupay"),
        ("65", "rupay"),
        *((str(two), "rupay") for two in range(81, 90)),
        *((prefix, "unknown") for prefix in ("50", "56", "2220", "2721", "30", "35", "36", "38", "39")),
        *((prefix, "unknown") for prefix in ("61", "64", "66", "80", "90", "00", "1", "7")),
    ],
)
def test_the_network_follows_from_the_first_digits(start: str, network: str) -> None:
    assert card_network(start.ljust(16, "0")) == network


@pytest.mark.parametrize("written", ["4111 1111 1111 1111", "4111-1111-1111-1111", " 4111-1111 11111111- "])
def test_spaces_and_dashes_in_a_number_are_dropped(written: str) -> None:
    assert a_card(number=written).number == VISA


@pytest.mark.parametrize("length", range(11, 22))
def test_a_number_has_13_to_19_digits(length: int) -> None:
    digits = "4" + "0" * (length - 2)
    number = digits + check_digit(digits)
    if 13 <= length <= 19:
        assert a_card(number=number).last4 == number[-4:]
    else:
        with pytest.raises(InvalidCard):
            a_card(number=number)


@pytest.mark.parametrize(
    "number",
    [
        "",
        " ",
        "4111111111111112",
        VISA + "\n",
        "4111.1111.1111.1111",
        "٤" + VISA[1:],
        "\uff14" + VISA[1:],
        "4x",
    ],
    ids=ascii,
)
def test_a_number_that_is_none_is_an_invalid_card(number: str) -> None:
    with pytest.raises(InvalidCard) as caught:
        a_card(number=number)
    refusal = caught.value
    assert (refusal.code, refusal.description) == ("INVALID_CARD", "Card validation failed")
    assert refusal.field == "card.number"


@pytest.mark.parametrize(
    ("number", "cvv", "fits"),
    [(VISA, cvv, cvv == "123") for cvv in ("", "12", "123", "1234", "12a", " 123", "123\n", "١٢٣")]
    + [(AMEX, cvv, cvv == "1234") for cvv in ("123", "1234", "12345")],
    ids=ascii,
)
def test_a_cvv_has_3_digits_or_4_for_amex(number: str, cvv: str, *, fits: bool) -> None:
    if fits:
        assert a_card(number=number, cvv=cvv).cvv == cvv
    else:
        with pytest.raises(InvalidCard) as caught:
            a_card(number=number, cvv=cvv)
        assert caught.value.field == "card.cvv"


@pytest.mark.parametrize("name", ["", "   ", "x" * (HOLDER_NAME_LENGTH_MAX + 1)])
def test_a_card_needs_a_holder(name: str) -> None:
    with pytest.raises(InvalidCard) as caught:
        a_card(holder_name=name)
    assert caught.value.field == "card.holder_name"


@pytest.mark.parametrize(
    "now", [datetime(2026, 1, 1, tzinfo=UTC), NOW, datetime(2025, 12, 31, tzinfo=UTC)], ids=str
)
def test_a_card_is_valid_through_the_last_moment_of_its_month(now: datetime) -> None:
    assert a_card(now, expiry_month="1", expiry_year="2026").expiry_year == 2026


@pytest.mark.parametrize(
    ("month", "year", "field"),
    [
        ("12", "2025", "card.expiry_year"),
        ("12", "25", "card.expiry_year"),
        ("1", "2026", "card.expiry_month"),
    ],
)
def test_a_card_is_expired_from_the_next_moment_on(month: str, year: str, field: str) -> None:
    with pytest.raises(ExpiredCard) as caught:
        a_card(datetime(2026, 2, 1, tzinfo=UTC), expiry_month=month, expiry_year=year)
    refusal = caught.value
    assert (refusal.code, refusal.description) == ("EXPIRED_CARD", "Card expiry date invalid")
    assert refusal.field == field


@pytest.mark.parametrize(("written", "year"), [("26", 2026), ("99", 2099), ("2026", 2026), ("3000", 3000)])
def test_a_two_digit_year_is_of_this_century(written: str, year: int) -> None:
    assert a_card(expiry_month="12", expiry_year=written).expiry_year == year


@pytest.mark.parametrize("month", ["", "0", "00", "13", "-1", "1.0", "001", "Jan", "1 ", "\uff11"], ids=ascii)
def test_a_month_is_one_of_twelve(month: str) -> None:
    with pytest.raises(ExpiredCard) as caught:
        a_card(expiry_month=month)
    assert caught.value.field == "card.expiry_month"


@pytest.mark.parametrize("year", ["", "2", "202", "20266", "-026", "26 ", "26\n", "\uff12\uff16"], ids=ascii)
def test_a_year_has_two_or_four_digits(year: str) -> None:
    with pytest.raises(ExpiredCard) as caught:
        a_card(expiry_year=year)
    assert caught.value.field == "card.expiry_year"


def test_the_text_of_a_card_shows_no_number_cvv_or_holder() -> None:
    card = a_card(holder_name="Asha Rao", cvv="987")
    for text in (repr(card), str(card), f"{card!r:>80}"):
        assert not any(secret in text for secret in (VISA, VISA[-4:], "987", "Asha", "Rao"))


@given(
    number=st.text(max_size=25), cvv=st.text(max_size=5), month=st.text(max_size=4), year=st.text(max_size=5)
)
def test_whatever_is_typed_is_a_card_or_a_refusal(number: str, cvv: str, month: str, year: str) -> None:
    try:
        card = a_card(number=number, cvv=cvv, expiry_month=month, expiry_year=year)
    except AsyncPayError as refusal:
        assert refusal.code in {"INVALID_CARD", "EXPIRED_CARD"}  # noqa: PT017 - either end is fine
    else:
        assert passes_luhn(card.number)
