"""Who the gateway is to AWS.

A function has its keys in the environment, for its life. All other ways are botocore's: the container
endpoint that SnapStart uses (AWS_CONTAINER_CREDENTIALS_FULL_URI), profiles, single sign-on, instance
metadata. botocore renews those some minutes before they expire, and does so in one thread while others use
what there is. It is imported only for them, since that takes longer than all other imports of a function
together.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import NoCredentialsError

from gateway.adapters.aws.signing import Keys

FindKeys = Callable[[], Keys]


def credentials(environ: Mapping[str, str]) -> FindKeys:
    """Returns the keys to sign with now; raises a BotoCoreError if there are none."""
    access_key, secret_key = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
    # With an expiry they are to be read again: botocore does that.
    if access_key and secret_key and not environ.get("AWS_CREDENTIAL_EXPIRATION"):
        keys = Keys(access_key, secret_key, environ.get("AWS_SESSION_TOKEN") or None)
        return lambda: keys
    return _FromBotocore()


class _FromBotocore:
    """Credentials that botocore finds, on first use."""

    def __init__(self) -> None:
        self._found: Any = None
        self._lock = threading.Lock()

    def __call__(self) -> Keys:
        with self._lock:
            if self._found is None:
                from botocore.session import get_session

                # None where nothing was found. That is not kept: an endpoint may answer the next time.
                self._found = get_session().get_credentials()
            found = self._found
        if found is None:
            raise NoCredentialsError
        frozen = found.get_frozen_credentials()
        return Keys(frozen.access_key, frozen.secret_key, frozen.token)
