"""The samples of docs/webhooks.md that verify a delivery, in five languages, on what is sent."""

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.payments.payment import OrderDetails
from gateway.domain.payments.refund import RefundStatus
from gateway.domain.webhooks.events import EVENTS as KNOWN
from gateway.domain.webhooks.events import order_event, payment_event, refund_event, sample_event
from gateway.domain.webhooks.signature import signature_headers
from gateway.presenters.event import present_event
from gateway.presenters.json_text import compact_json
from tests.docs.blocks import ROOT, blocks_of
from tests.support.factories import DECLINED, NOW, a_card_payment, a_payment, a_refund

# Of the form that is issued: a library takes it as it stands.
SECRET, OLD_SECRET, OTHER = (f"whsec_{letter * 32}" for letter in "AbC")
BODY = compact_json({"event": "refund.created", "data": {"reason": 'Zoë: "चाय" \u2028 😀 / <>&'}})
# What a sample makes of the same delivery twice.
Judge = Callable[[Path, str, Mapping[str, str], str], list[str]]


def signed(*secrets: str, age_seconds: int = 0) -> dict[str, str]:
    """The headers of a delivery."""
    sent = datetime.now(UTC) - timedelta(seconds=age_seconds)
    return signature_headers(secrets, "id-1", BODY.encode(), sent)


def sample(language: str, containing: str = "") -> str:
    found = [block.text for block in blocks_of(ROOT / "docs/webhooks.md") if block.language == language]
    return next(text for text in found if containing in text)


def answer_of(command: list[str], here: Path, given: object) -> list[str]:
    """What a program makes of a delivery that it reads as JSON: two words on a line."""
    done = subprocess.run(
        command, cwd=here, input=json.dumps(given), capture_output=True, text=True, timeout=110
    )
    words = done.stdout.split()
    assert len(words) == 2, done.stdout + done.stderr
    return words


PYTHON_END = """import json, sys
body, headers, secret = json.load(sys.stdin)
seen = set()
remember = lambda id: id not in seen and not seen.add(id)
print(*(judge(body.encode(), headers, secret, remember) for _ in range(2)))
"""


def python(here: Path, body: str, headers: Mapping[str, str], secret: str) -> list[str]:
    code = sample("python", "import base64") + PYTHON_END
    return answer_of([sys.executable, "-c", code], here, [body, headers, secret])


def standard_webhooks(here: Path, body: str, headers: Mapping[str, str], secret: str) -> list[str]:
    code = sample("python", "standardwebhooks") + PYTHON_END
    return answer_of([sys.executable, "-c", code], here, [body, headers, secret])


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def node(here: Path, body: str, headers: Mapping[str, str], secret: str) -> list[str]:
    end = """import { readFileSync } from "node:fs";
    const [body, headers, secret] = JSON.parse(readFileSync(0, "utf8"));
    const seen = new Set();
    const remember = (id) => !seen.has(id) && Boolean(seen.add(id));
    console.log(judge(body, headers, secret, remember), judge(body, headers, secret, remember));"""
    code = sample("js") + end
    return answer_of(["node", "--input-type=module", "-e", code], here, [body, lower(headers), secret])


def php(here: Path, body: str, headers: Mapping[str, str], secret: str) -> list[str]:
    if shutil.which("php") is None:
        pytest.skip("PHP is not installed; .ci/packages installs it")
    end = """
    [$body, $headers, $secret] = json_decode(file_get_contents('php://stdin'), true);
    $seen = [];
    $remember = function ($id) use (&$seen) { $new = !in_array($id, $seen); $seen[] = $id; return $new; };
    echo judge($body, $headers, $secret, $remember), " ", judge($body, $headers, $secret, $remember);"""
    return answer_of(["php", "-r", sample("php") + end], here, [body, lower(headers), secret])


GO_MAIN = """package main

import ("encoding/json"; "fmt"; "net/http"; "os"; "sample/webhook")

func main() {
    var given struct { Body, Secret string; Headers map[string]string }
    if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil { panic(err) }
    headers := http.Header{}
    for name, value := range given.Headers { headers.Set(name, value) }
    seen := map[string]bool{}
    remember := func(id string) bool { isNew := !seen[id]; seen[id] = true; return isNew }
    judge := func() string { return webhook.Judge([]byte(given.Body), headers, given.Secret, remember) }
    fmt.Println(judge(), judge())
}
"""


def go(here: Path, body: str, headers: Mapping[str, str], secret: str) -> list[str]:
    if shutil.which("go") is None:
        pytest.skip("Go is not installed: its packages take 460 MB, too much for one sample in CI")
    (here / "webhook").mkdir(exist_ok=True)
    (here / "go.mod").write_text("module sample\n\ngo 1.19\n")
    (here / "main.go").write_text(GO_MAIN)
    (here / "webhook/webhook.go").write_text(sample("go"))
    given = {"Body": body, "Headers": headers, "Secret": secret}
    return answer_of(["go", "run", "."], here, given)


JAVA_MAIN = """import java.util.*;

class Main {
    public static void main(String[] given) throws Exception {
        byte[] body = Base64.getDecoder().decode(given[0]);
        Map<String, String> headers = new HashMap<>();
        for (int place = 2; place < given.length; place += 2) headers.put(given[place], given[place + 1]);
        Set<String> seen = new HashSet<>();
        String first = Webhook.judge(body, headers, given[1], seen::add);
        System.out.println(first + " " + Webhook.judge(body, headers, given[1], seen::add));
    }
}
"""


def java(here: Path, body: str, headers: Mapping[str, str], secret: str) -> list[str]:
    if shutil.which("javac") is None:
        pytest.skip("no Java compiler is installed: 200 MB, too much for one sample in CI")
    if not (here / "Main.class").exists():
        (here / "Main.java").write_text(JAVA_MAIN)
        (here / "Webhook.java").write_text(sample("java"))
        subprocess.run(["javac", "Main.java", "Webhook.java"], cwd=here, check=True, timeout=110)
    pairs = [part for pair in lower(headers).items() for part in pair]
    coded = base64.b64encode(body.encode()).decode()
    return answer_of(["java", "-cp", ".", "Main", coded, secret, *pairs], here, None)


@pytest.mark.parametrize("judge", [python, node, php, go, java, standard_webhooks], ids=lambda f: f.__name__)
def test_a_sample_takes_our_fresh_deliveries_once_and_no_others(judge: Judge, tmp_path: Path) -> None:
    headers, once, refused = signed(SECRET), ["new", "again"], ["refused", "refused"]
    assert judge(tmp_path, BODY, headers, SECRET) == once
    # During a rotation either secret is enough.
    both = signed(SECRET, OLD_SECRET)
    assert judge(tmp_path, BODY, both, OLD_SECRET) == judge(tmp_path, BODY, both, SECRET) == once
    assert judge(tmp_path, BODY, headers, OTHER) == refused
    assert judge(tmp_path, BODY + " ", headers, SECRET) == refused
    # Replays: an old delivery, one whose time was changed, and one with the signature that covers no time.
    assert judge(tmp_path, BODY, signed(SECRET, age_seconds=310), SECRET) == refused
    now = str(int(datetime.now(UTC).timestamp()))
    old = signed(SECRET, age_seconds=310) | {"webhook-timestamp": now}
    assert judge(tmp_path, BODY, old, SECRET) == refused
    own = {"X-Webhook-Signature": headers["X-Webhook-Signature"], "webhook-id": "id-2"}
    assert judge(tmp_path, BODY, own | {"webhook-timestamp": now}, SECRET) == refused
    assert judge(tmp_path, BODY, own, SECRET) == refused


LATER = NOW + timedelta(seconds=7)
OF_ORDER = OrderDetails("receipt #1", {"shelf": "B4"})
PAID = a_payment(of_order=OF_ORDER).approved(LATER)
EVENTS: dict[str, Any] = {
    "payment.success by UPI": payment_event("payment.success", PAID),
    "payment.failed by card": payment_event(
        "payment.failed", a_card_payment(of_order=OF_ORDER).declined(DECLINED, LATER)
    ),
    "refund.processed": refund_event(
        "refund.processed", a_refund(reason="x", status=RefundStatus.PROCESSED, processed_at=LATER), PAID
    ),
    "payment.captured": payment_event("payment.captured", PAID.captured_for(300, LATER)),
    "order.paid": order_event("order.paid", PAID),
    "webhook.test": sample_event("id", "merchant", NOW),
}


def members(value: Any) -> Any:
    """The names of all members, in their order, as deep as they go."""
    return [(name, members(inner)) for name, inner in value.items()] if isinstance(value, dict) else None


def test_each_payload_that_is_shown_has_the_members_of_what_is_sent() -> None:
    found = [block for block in blocks_of(ROOT / "docs/webhooks.md") if block.marker.startswith("payload: ")]
    assert {block.marker.removeprefix("payload: ") for block in found} == set(EVENTS)
    for block in found:
        sent = present_event(EVENTS[block.marker.removeprefix("payload: ")])
        assert members(json.loads(block.text)) == members(sent), block.name


def test_every_event_is_in_the_table() -> None:
    text = (ROOT / "docs/webhooks.md").read_text(encoding="utf-8")
    assert [name for name in KNOWN if f"| `{name}` |" not in text] == []
