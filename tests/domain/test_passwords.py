import pytest

from gateway.domain.access.password import NOBODYS_HASH, check_password, hash_password, password_matches
from gateway.domain.errors import BadRequest

SALT = b"0123456789abcdef"


def test_a_password_matches_what_was_stored_of_it_and_no_other_does() -> None:
    stored = hash_password("पासवर्ड is long", SALT)
    assert password_matches("पासवर्ड is long", stored)
    assert not password_matches("पासवर्ड is lonG", stored)
    assert not password_matches("", stored)


def test_the_stored_form_names_its_parameters_and_is_salted() -> None:
    stored = hash_password("correct horse", SALT)
    assert stored.startswith("$scrypt$ln=16,r=8,p=2$")
    assert stored != hash_password("correct horse", SALT[::-1])
    assert "correct" not in stored


def test_a_hash_of_weaker_parameters_of_another_day_still_counts() -> None:
    # RFC 7914, 12: scrypt("pleaseletmein", "SodiumChloride", 16384, 8, 1), its first 32 bytes.
    stored = "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU=$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI="
    assert password_matches("pleaseletmein", stored)
    assert not password_matches("pleaseletmeIn", stored)


def test_a_password_of_half_a_character_can_be_checked() -> None:
    # JSON can hold half of a surrogate pair (RFC 8259, 8.2), which UTF-8 can't.
    assert password_matches("\ud800 is long", hash_password("\ud800 is long", SALT))


def test_nobody_has_the_password_of_nobody() -> None:
    assert not password_matches("", NOBODYS_HASH)


@pytest.mark.parametrize(("length", "fine"), [(11, False), (12, True), (1024, True), (1025, False)])
def test_a_password_to_be_set_has_twelve_characters_or_more(length: int, *, fine: bool) -> None:
    if fine:
        assert check_password("x" * length) == "x" * length
    else:
        with pytest.raises(BadRequest, match="password must have 12 to 1024 characters") as refusal:
            check_password("x" * length)
        assert refusal.value.field == "password"
