"""Sends requests with requests, which is imported by the first call: importing the SDK stays quick."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from asyncpay._request import Call, Request, Settings
from asyncpay.errors import APIConnectionError, APITimeoutError

if TYPE_CHECKING:
    import requests


class Transport:
    """Connections that are kept open; safe to be shared by threads."""

    def __init__(self) -> None:
        # requests does not promise that a session may be shared by threads.
        self._local = threading.local()
        self._sessions: list[requests.Session] = []
        self._lock = threading.Lock()

    def call(self, settings: Settings, request: Request) -> Any:
        """The body of the response. Raises AsyncPayError."""
        import requests

        session, call = self._session(), Call(settings, request)
        while True:
            wait: float | None
            try:
                response = session.request(
                    request.method,
                    call.url,
                    params=dict(request.query),
                    data=call.content,
                    headers=call.headers,
                    timeout=settings.timeout_seconds,
                    # Elsewhere the secret would be sent too.
                    allow_redirects=False,
                )
            except requests.ConnectTimeout:
                wait = call.failed(APITimeoutError(_late(settings, "connect")), sent=False)
            except requests.Timeout:
                wait = call.failed(APITimeoutError(_late(settings, "answer")), sent=True)
            except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema) as problem:
                raise APIConnectionError(f"base_url is no address of a gateway: {problem}") from problem
            except requests.RequestException as problem:
                message = f"No connection to {settings.base_url}, or it was lost: {_cause(problem)}"
                wait = call.failed(APIConnectionError(message), sent=not _is_refused(problem))
            else:
                body, wait = call.answered(response.status_code, response.headers, response.content)
                if wait is None:
                    return body
            time.sleep(wait)

    def close(self) -> None:
        """Closes the connections of all threads."""
        with self._lock:
            sessions, self._sessions = self._sessions, []
            self._local = threading.local()
        for session in sessions:
            session.close()

    def _session(self) -> requests.Session:
        import requests

        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = requests.Session()
            with self._lock:
                self._sessions.append(session)
        return session


def _late(settings: Settings, what: str) -> str:
    return f"{settings.base_url} did not {what} within {settings.timeout_seconds:g} s"


def _is_refused(problem: Exception) -> bool:
    """Whether no connection was made at all, so that nothing was sent."""
    from urllib3.exceptions import NewConnectionError

    reason = getattr(problem.args[0], "reason", None) if problem.args else None
    return isinstance(reason, NewConnectionError)


def _cause(problem: Exception) -> str:
    """What the operating system said, without the object reprs around it."""
    reason = getattr(problem.args[0], "reason", problem) if problem.args else problem
    return str(reason).rpartition(": ")[2] or type(problem).__name__
