"""The rights of a restricted key: known ones, at least one, and none that its issuer lacks."""

import pytest

from gateway.domain.access.rights import EVERYTHING, KEY_RIGHTS, Right, check_key_rights
from gateway.domain.errors import BadRequest

KNOWN = "rights must be some of read, payments, refunds, webhooks"


@pytest.mark.parametrize("right", KEY_RIGHTS)
def test_a_key_gets_any_right_that_its_issuer_has(right: Right) -> None:
    assert check_key_rights([str(right), str(right)], frozenset((right,))) == {right}
    assert check_key_rights([str(right), "read"], EVERYTHING) == {right, Right.READ}


@pytest.mark.parametrize(("names", "granted", "said"), [
    (["nothing"], EVERYTHING, KNOWN), (["read", "people"], EVERYTHING, KNOWN), ([""], EVERYTHING, KNOWN),
    (["read", "refunds"], frozenset((Right.READ,)),
     "You have no right to refunds yourself, so you cannot give it"),
    ([], EVERYTHING, "rights must name at least one right"),
])  # fmt: skip
def test_a_key_gets_no_other_right(names: list[str], granted: frozenset[Right], said: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        check_key_rights(names, granted)
    assert (refusal.value.description, refusal.value.field) == (said, "rights")
