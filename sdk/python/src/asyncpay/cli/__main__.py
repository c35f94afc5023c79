"""`asyncpay`, or `python -m asyncpay.cli`: runs a command; a problem becomes a message and an exit code."""

from __future__ import annotations

import sys

import click

from asyncpay import errors
from asyncpay.cli import exits
from asyncpay.cli.app import app
from asyncpay.cli.console import printable


def main() -> None:
    """The entry point; ends the process with one of the codes of exits.py."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:  # noqa: PLR0911 - one for each kind of end
    """The exit code of a command line."""
    try:
        "".join(arguments).encode()
    except UnicodeEncodeError:  # Python has bytes that are no UTF-8 as halves of surrogates
        return _told("The command line has bytes that are no text in UTF-8.", exits.USAGE)
    try:
        code = app.main(arguments, prog_name="asyncpay", standalone_mode=False)
    except click.ClickException as problem:
        problem.show()
        return problem.exit_code
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _told("Interrupted.", exits.INTERRUPTED)
    except exits.Problem as problem:
        return _told(str(problem), problem.exit_code)
    except errors.AsyncPayError as problem:
        return _told(*_explained(problem))
    except BrokenPipeError:  # `asyncpay ... | head` has seen enough
        sys.stderr.close()
        return exits.DONE
    return code if isinstance(code, int) else exits.DONE


def _told(message: str, code: int) -> int:
    click.echo(f"asyncpay: {printable(message)}", err=True)
    return code


def _explained(problem: errors.AsyncPayError) -> tuple[str, int]:
    """What to do about an error of the SDK, and its exit code."""
    if isinstance(problem, errors.AuthenticationError):
        return f"{problem}. Run: asyncpay login", exits.NOT_LOGGED_IN
    if isinstance(problem, errors.APIConnectionError):
        hint = "Is the gateway up? On a laptop: asyncpay up"
        return f"{problem}. {hint}", exits.UNREACHABLE
    if isinstance(problem, errors.RateLimitError) and problem.retry_after_seconds is not None:
        return f"{problem}. Try again in {problem.retry_after_seconds:.0f} s.", exits.REFUSED
    if isinstance(problem, errors.SignatureVerificationError):
        return str(problem), exits.NOT_VERIFIED
    field = f" (field {problem.field})" if isinstance(problem, errors.APIError) and problem.field else ""
    return f"{problem}{field}", exits.REFUSED


if __name__ == "__main__":
    main()
