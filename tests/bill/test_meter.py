import json
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle

import pytest

from gateway.adapters.aws.messages import Request, Response
from tests.bill import meter
from tests.bill.dynamodb_units import Index, Table
from tests.bill.meter import Meter
from tests.support.aws_calls import NOBODY

THREADS, EACH = 8, 200
TABLE = Table(("id",), {"by-shard": Index(("shard",), None)})
ROW = {"id": {"S": "a"}, "shard": {"S": "0"}}
PUT = Request(
    call_id="call",
    attempt=1,
    service="dynamodb",
    operation="PutItem",
    endpoint=NOBODY,
    method="POST",
    path="/",
    headers={},
    body=json.dumps({"TableName": "t-rows", "Item": ROW}).encode(),
    connect_seconds=1,
    read_seconds=1,
    ends_at=0,
)


def test_writes_of_many_threads_are_all_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch's deliveries are recorded at once: a sum that lost one of them made the bill unsteady."""
    monkeypatch.setattr(meter, "asked_of_moto", lambda _request: Response(200, {}, b"{}"))
    items = cycle([None, ROW])
    monkeypatch.setattr(Meter, "_item", lambda *_: next(items))
    monkeypatch.setattr(Meter, "_table", lambda *_: TABLE)
    counting = Meter(prefix="t", step="deliver webhooks")
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(counting.send, [PUT] * (THREADS * EACH)))
    finally:
        sys.setswitchinterval(interval)
    assert counting.units["deliver webhooks"].writes == dict.fromkeys(
        ("rows", "rows/by-shard"), THREADS * EACH
    )
