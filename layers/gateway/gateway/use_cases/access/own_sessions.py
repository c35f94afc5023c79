"""Somebody's own sessions: where they are signed in, and signing out there or everywhere."""

from dataclasses import replace

from gateway.domain.access.audit import Action
from gateway.domain.access.session import Session
from gateway.domain.errors import Forbidden, NotFound
from gateway.domain.page import LIMIT_MAX
from gateway.runtime import log
from gateway.use_cases.access.audit import change_of, record
from gateway.use_cases.access.sessions import Visit, row_of
from gateway.use_cases.dependencies import Dependencies
from gateway.use_cases.protocols.refusals import ConditionFailed


def list_sessions(deps: Dependencies, visit: Visit) -> list[Session]:
    """One's own sessions that are not over, newest first, at most LIMIT_MAX."""
    now, user = deps.now(), visit.user
    return [
        session
        for session in deps.database.sessions.of_email(visit.session.email, LIMIT_MAX)
        if session.is_current(now, visit.merchant.session_version)
        and session.merchant_id == visit.merchant.id
        and session.user_version == user.version
        and session.is_of(deps.config.stage)
    ]


def end_session(deps: Dependencies, visit: Visit, session_id: str) -> None:
    """Ends one of one's own sessions; NotFound without such a one."""
    if session_id not in {session.id for session in list_sessions(deps, visit)}:
        raise NotFound("Session not found")
    deps.database.sessions.end(session_id)
    log.info("session ended", merchant_id=visit.merchant.id)


def end_all_sessions(deps: Dependencies, visit: Visit) -> None:
    """Signs somebody out everywhere, here too."""
    before = row_of(deps, visit.user)
    user = before or visit.user
    after = replace(user, version=user.version + 1)
    try:
        with change_of(deps, "session") as work:
            work.users.put(before, after, deps.now())
            record(
                work,
                deps,
                merchant_id=visit.merchant.id,
                action=Action.SESSIONS_ENDED,
                changed=f"user:{user.email}",
            )
    except ConditionFailed as refusal:
        raise Forbidden("The account was changed by another request; please try again") from refusal
    log.info("signed out everywhere", merchant_id=visit.merchant.id)
