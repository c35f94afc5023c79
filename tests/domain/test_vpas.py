import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.errors import InvalidVpa
from gateway.domain.payments.instruments import VPA_LENGTH_MAX, check_vpa

CONTRACT = re.compile(r"^[a-zA-Z0-9._-]+@[a-zA-Z0-9]+$")


@pytest.mark.parametrize(
    "vpa", ["user@paytm", "a@b", "first.last-2_x@okhdfcbank", "9876543210@ybl", "-@0", "USER@UPI", "...@a"]
)
def test_a_vpa_of_the_contract_is_taken_as_it_is(vpa: str) -> None:
    assert check_vpa(vpa) == vpa


@pytest.mark.parametrize(
    "vpa",
    [
        "",
        "user",
        "@paytm",
        "user@",
        "user@@paytm",
        "user@pay@tm",
        "user name@paytm",
        " user@paytm",
        "user@paytm ",
        "user@pay.tm",
        "user@pay-tm",
        "user@pay_tm",
        "us+er@paytm",
        "user@paytm\n",
        "user@paytm\r\n",
        "\nuser@paytm",
        "user@paytm\nother@paytm",
        "usér@paytm",
        "user@páytm",
        "٣@paytm",
        "user@٣",
        "user@paytm\u200b",
        "user\uff20paytm",
        "user@paytm\x00",
    ],
    ids=ascii,
)
def test_anything_else_is_an_invalid_vpa(vpa: str) -> None:
    with pytest.raises(InvalidVpa) as caught:
        check_vpa(vpa)
    assert (caught.value.code, caught.value.description) == ("INVALID_VPA", "VPA format invalid")
    assert caught.value.field == "vpa"


@given(st.text(st.sampled_from("aZ0._-@ \nü٣"), max_size=12))
def test_the_check_agrees_with_the_contracts_expression(vpa: str) -> None:
    fits = CONTRACT.match(vpa) is not None and not vpa.endswith("\n")
    try:
        taken = check_vpa(vpa) == vpa
    except InvalidVpa:
        taken = False
    assert taken == fits


def test_a_vpa_may_be_as_long_as_the_limit_and_no_longer() -> None:
    longest = "u" * (VPA_LENGTH_MAX - 6) + "@paytm"
    assert check_vpa(longest) == longest
    with pytest.raises(InvalidVpa):
        check_vpa("u" + longest)
