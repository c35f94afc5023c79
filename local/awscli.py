"""Runs `aws cloudformation` from .venv, with its output in a log and nothing of the caller's AWS set-up."""

import asyncio
from asyncio.subprocess import Process
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from local.console import Problem, last_lines
from local.install import main_venv
from local.settings import REGION, Settings

RUN_SECONDS = 900  # a first deployment to AWS takes some minutes
STOP_SECONDS = 5


async def cloudformation(
    settings: Settings, log_name: str, *arguments: str, environment: Mapping[str, str] | None = None
) -> Path:
    """One command; answers its log. Failing is a Problem with the log's end; cancelled, it ends the program.

    `environment` replaces the one that knows nothing of the caller's AWS set-up.
    """
    log = settings.logs / f"{log_name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            main_venv(settings).python,
            *("-m", "awscli", "cloudformation", *arguments),
            env=_environment(settings) if environment is None else environment,
            cwd=settings.root,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is ours to handle
        )
    if await _end_of(process) != 0:
        raise Problem(f"aws cloudformation {arguments[0]} failed. {log} ends:", last_lines(log))
    return log


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": str(settings.temporary),
        "LANG": "C.UTF-8",
        "AWS_ENDPOINT_URL": settings.endpoint,
        "AWS_ACCESS_KEY_ID": settings.access_key_id,
        "AWS_SECRET_ACCESS_KEY": settings.secret_access_key,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }


async def _end_of(process: Process) -> int:
    try:
        async with asyncio.timeout(RUN_SECONDS):
            return await process.wait()
    except TimeoutError as problem:
        raise Problem(f"The deployment took over {RUN_SECONDS} s.") from problem
    finally:
        if process.returncode is None:
            process.terminate()
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_SECONDS):
                    await process.wait()
        if process.returncode is None:
            process.kill()
