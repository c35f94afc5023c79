"""MiniStack under uvicorn, guarded, with the table engine beside it: what `make up` starts in .venv-emulator.

Settings are environment variables. They are taken out of the environment first, as MiniStack copies that into
every function.
"""

import logging
import os
import resource
import signal
import subprocess
import sys
import threading

from local.emulator.api_port import serving_api
from local.emulator.calls import counting
from local.emulator.guard import Application, guarded
from local.emulator.snapshot import saving
from local.emulator.tables import TableEngine, follow_stacks, routed

BACKLOG = 512
KEEP_ALIVE_SECONDS = 75
STOP_SECONDS = 3

logger = logging.getLogger("asyncpay.emulator")


def main() -> None:
    """Serves until SIGTERM, and then saves what MiniStack keeps."""
    taken = os.environ.pop
    root = taken("PYTHONPATH")
    token = taken("ASYNCPAY_PROXY_TOKEN", "")
    quick = taken("ASYNCPAY_QUICK_LOGS", "true") == "true"
    binary = taken("ASYNCPAY_TABLE_ENGINE", "")
    port, database = int(taken("ASYNCPAY_TABLES_PORT", "0")), taken("ASYNCPAY_TABLES_DATABASE", "")
    sync = taken("ASYNCPAY_TABLES_SYNC", "")
    process = _start_engine(root, port, binary, database, sync) if binary else None
    if process is not None:
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = f"http://127.0.0.1:{port}"  # for every function
    import uvicorn
    from ministack.app import app

    from local.emulator.functions import invocation, output, priorities, shared_code

    served: Application = app
    invocation.reuse_threads()
    output.keep_newest()
    shared_code.share()
    priorities.lower_workers()
    if quick:
        invocation.replace_invoke()
    if process is not None:
        engine = TableEngine(port)
        engine.wait()
        follow_stacks(engine)
        served = routed(served, engine)
        threading.Thread(target=_end_with, args=(process,), daemon=True).start()
    _allow_many_files()
    uvicorn.run(
        guarded(counting(serving_api(saving(served))), token),
        host="127.0.0.1",
        port=int(os.environ["GATEWAY_PORT"]),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
    )


def _start_engine(root: str, port: int, binary: str, database: str, sync: str) -> "subprocess.Popen[bytes]":
    """The table engine's process, which ends with this one."""
    command = [sys.executable, "-m", "local.emulator.engine", str(port), binary, database]
    environment = os.environ | {"PYTHONPATH": root, "ASYNCPAY_TABLES_SYNC": sync}
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment)


def _end_with(process: "subprocess.Popen[bytes]") -> None:
    """Without its tables the emulator is of no use."""
    status = process.wait()
    logger.error("The table engine's process ended with exit code %d.", status)
    os.kill(os.getpid(), signal.SIGTERM)


def _allow_many_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main()
