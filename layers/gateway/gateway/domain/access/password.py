"""Passwords of the people who use the dashboard: which are accepted, and how they are stored.

scrypt (RFC 7914), with parameters of OWASP's "Password Storage" cheat sheet: 64 MiB and about a third of a
second of a small function for each guess. The parameters are part of the stored text, so they can be raised
later and old hashes can still be checked.
"""

import base64
import hashlib
import hmac

from gateway.domain.errors import BadRequest

PASSWORD_LENGTH_MIN = 12  # OWASP ASVS 4.0, 2.1.1; no rules of composition (NIST SP 800-63B, 5.1.1.2)
PASSWORD_LENGTH_MAX = 1024  # what a log-in form may send; scrypt takes any
_LOG2_N, _R, _P = 16, 8, 2
_KEY_BYTES = 32
_MEMORY_MAX_BYTES = 256 * 1024 * 1024


def check_password(password: str) -> str:
    """The password itself, or BadRequest where it is too short or too long to be set."""
    if not PASSWORD_LENGTH_MIN <= len(password) <= PASSWORD_LENGTH_MAX:
        raise BadRequest(
            f"password must have {PASSWORD_LENGTH_MIN} to {PASSWORD_LENGTH_MAX} characters", field="password"
        )
    return password


def hash_password(password: str, salt: bytes) -> str:
    """What is stored of a password: `$scrypt$ln=16,r=8,p=2$salt$key`, both in base64."""
    key = _scrypt(password, salt, _LOG2_N, _R, _P)
    return f"$scrypt$ln={_LOG2_N},r={_R},p={_P}${_text(salt)}${_text(key)}"


# The hash of no password. Checking against it takes as long as against a real one, so response times do not
# reveal which e-mail addresses exist.
NOBODYS_HASH = f"$scrypt$ln={_LOG2_N},r={_R},p={_P}${'A' * 22}==${'A' * 43}="


def password_matches(password: str, stored: str) -> bool:
    """Whether the password matches the stored hash; takes the same time either way."""
    _, _, parameters, salt, key = stored.split("$")
    log2_n, r, p = (int(part.partition("=")[2]) for part in parameters.split(","))
    made = _scrypt(password, base64.b64decode(salt), log2_n, r, p)
    return hmac.compare_digest(made, base64.b64decode(key))


def _scrypt(password: str, salt: bytes, log2_n: int, r: int, p: int) -> bytes:
    return hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=2**log2_n,
        r=r,
        p=p,
        maxmem=_MEMORY_MAX_BYTES,
        dklen=_KEY_BYTES,
    )


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
