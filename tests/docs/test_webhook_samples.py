"""The samples of docs/webhooks.md that verify a delivery, in four languages, on what the gateway sends."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.domain.webhooks.signature import signature_headers
from gateway.presenters.json_text import compact_json
from tests.docs.blocks import ROOT, blocks_of

SECRET, OLD_SECRET = "whsec_test_abc123", "whsec_before"
BODY = compact_json({"event": "refund.created", "data": {"reason": 'Zoë: "चाय" \u2028 😀 / <>&'}})
Verify = Callable[[Path, str, dict[str, str], str], bool]


def signed(*secrets: str) -> dict[str, str]:
    """The headers of a delivery of now: receivers refuse what is older than five minutes."""
    return signature_headers(secrets, "id-1", BODY.encode(), datetime.now(UTC))


def sample(language: str, containing: str = "") -> str:
    found = [block.text for block in blocks_of(ROOT / "docs/webhooks.md") if block.language == language]
    return next(text for text in found if containing in text)


def answer_of(command: list[str], here: Path, given: object) -> bool:
    """What a program makes of a delivery that it reads as JSON."""
    done = subprocess.run(
        command, cwd=here, input=json.dumps(given), capture_output=True, text=True, timeout=110
    )
    assert done.stdout.strip() in ("true", "false"), done.stdout + done.stderr
    return done.stdout.strip() == "true"


def python(here: Path, body: str, headers: dict[str, str], secret: str) -> bool:
    end = "import json, sys\nbody, headers, secret = json.load(sys.stdin)\n"
    end += "print(json.dumps(is_ours(body.encode(), headers, secret)))"
    code = sample("python", "is_ours") + end
    return answer_of([sys.executable, "-c", code], here, [body, headers, secret])


def standard_webhooks(_here: Path, body: str, headers: dict[str, str], secret: str) -> bool:
    from standardwebhooks import WebhookVerificationError

    names: dict[str, Callable[[bytes, dict[str, str], str], object]] = {}
    exec(sample("python", "standardwebhooks"), names)  # noqa: S102 - our own sample
    try:
        return bool(names["verified"](body.encode(), headers, secret))
    except WebhookVerificationError:
        return False


def node(here: Path, body: str, headers: dict[str, str], secret: str) -> bool:
    end = 'import { readFileSync } from "node:fs";\n'
    end += "console.log(isOurs(...JSON.parse(readFileSync(0, 'utf8'))));"
    # Node's header names are in lower case.
    lower = {name.lower(): value for name, value in headers.items()}
    code = sample("js") + end
    return answer_of(["node", "--input-type=module", "-e", code], here, [body, lower, secret])


def php(here: Path, body: str, headers: dict[str, str], secret: str) -> bool:
    if shutil.which("php") is None:
        pytest.skip("PHP is not installed; .ci/packages installs it")
    end = "echo json_encode(is_ours(...json_decode(file_get_contents('php://stdin'), true)));"
    return answer_of(["php", "-r", sample("php") + end], here, [body, headers, secret])


GO_MAIN = """package main

import ("encoding/json"; "fmt"; "net/http"; "os"; "sample/webhook")

func main() {
    var given struct { Body, Secret string; Headers map[string]string }
    if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil { panic(err) }
    headers := http.Header{}
    for name, value := range given.Headers { headers.Set(name, value) }
    fmt.Println(webhook.IsOurs([]byte(given.Body), headers, given.Secret))
}
"""


def go(here: Path, body: str, headers: dict[str, str], secret: str) -> bool:
    if shutil.which("go") is None:
        pytest.skip("Go is not installed: its packages take 460 MB, too much for one sample in CI")
    (here / "webhook").mkdir(exist_ok=True)
    (here / "go.mod").write_text("module sample\n\ngo 1.19\n")
    (here / "main.go").write_text(GO_MAIN)
    (here / "webhook/webhook.go").write_text(sample("go"))
    given = {"Body": body, "Headers": headers, "Secret": secret}
    return answer_of(["go", "run", "."], here, given)


@pytest.mark.parametrize("verify", [python, node, php, go, standard_webhooks], ids=lambda f: f.__name__)
def test_a_sample_takes_our_deliveries_and_no_others(verify: Verify, tmp_path: Path) -> None:
    headers = signed(SECRET)
    assert verify(tmp_path, BODY, headers, SECRET)
    assert verify(tmp_path, BODY, signed(SECRET, OLD_SECRET), OLD_SECRET)
    assert not verify(tmp_path, BODY, headers, OLD_SECRET)
    assert not verify(tmp_path, BODY + " ", headers, SECRET)
    assert not verify(tmp_path, BODY, headers | {"X-Webhook-Signature": "", "webhook-signature": ""}, SECRET)
