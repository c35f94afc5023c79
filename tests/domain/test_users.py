"""The links that set somebody's password, and what a role may do."""

from datetime import timedelta

import pytest

from gateway.domain.access.rights import Right
from gateway.domain.access.user import (
    LINK_LENGTH_MAX,
    RIGHTS,
    Role,
    User,
    check_role,
    hash_link,
    link_text,
    read_link,
)
from gateway.domain.errors import BadRequest
from tests.support.factories import NOW


@pytest.mark.parametrize("length", range(1, 41))
def test_a_link_says_whose_it_is_however_long_the_address(length: int) -> None:
    email = "ü" + "a" * length + "?>@chai.example"
    text = link_text(email, "secret.with.dots")
    assert "=" not in text
    assert read_link(text) == (email, "secret.with.dots")


def test_a_link_of_the_greatest_length_is_read_and_no_longer_one() -> None:
    longest = link_text("asha@chai.example", "")
    longest += "s" * (LINK_LENGTH_MAX - len(longest))
    assert read_link(longest)[0] == "asha@chai.example"
    for text in (longest + "s", "", ".", "x", "YQ", "YQ.", ".secret", "A.secret", "_w.secret"):
        with pytest.raises(BadRequest) as refusal:
            read_link(text)
        assert (refusal.value.description, refusal.value.field) == ("The link is incomplete", "token")


def test_a_link_is_accepted_until_its_time_and_while_it_is_the_newest() -> None:
    user = User("asha@chai.example", "merchant")
    assert not user.accepts("secret", NOW)
    linked = user.with_link("secret", NOW + timedelta(hours=1))
    assert linked.link_hash == hash_link("secret") != "secret"
    assert linked.accepts("secret", NOW + timedelta(hours=1, microseconds=-1))
    assert not linked.accepts("secret", NOW + timedelta(hours=1))
    assert not linked.accepts("another", NOW)
    newer = linked.with_link("newer", NOW + timedelta(hours=2))
    assert (newer.accepts("secret", NOW), newer.accepts("newer", NOW)) == (False, True)


def test_a_new_password_ends_sessions_and_the_link() -> None:
    user = User("asha@chai.example", "merchant", "old", version=3).with_link("secret", NOW)
    assert user.with_password("new") == User("asha@chai.example", "merchant", "new", version=4)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("limit", [None, 0, 500])
def test_support_alone_has_a_refund_limit(role: Role, limit: int | None) -> None:
    if (role is Role.SUPPORT) is (limit is not None):
        check_role(role, limit)
        return
    with pytest.raises(BadRequest) as refusal:
        check_role(role, limit)
    said = ("refund_limit is for support, and support needs one", "refund_limit")
    assert (refusal.value.description, refusal.value.field) == said


def test_a_persons_rights_are_those_of_the_role() -> None:
    assert User("asha@chai.example", "merchant", role=Role.READ_ONLY).rights == RIGHTS[Role.READ_ONLY]
    assert RIGHTS[Role.READ_ONLY] == {Right.READ, Right.OWN_ACCOUNT}
