"""AWS serves the checkout with the headers that a laptop serves it with."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
HEADERS = json.loads((ROOT / "checkout-site/headers.json").read_text())


class _Loader(yaml.SafeLoader):
    """Reads intrinsic functions as their arguments."""


def _arguments(loader: yaml.SafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor("!", _arguments)


@pytest.fixture(scope="module")
def resources() -> dict[str, Any]:
    text = (ROOT / "infra/edge.yaml").read_text()
    loaded: dict[str, Any] = yaml.load(text, Loader=_Loader)  # noqa: S506 -- a SafeLoader
    return loaded["Resources"]


def headers_of(policy: dict[str, Any]) -> dict[str, str]:
    """The headers that a response headers policy sets."""
    config = policy["Properties"]["ResponseHeadersPolicyConfig"]
    found = {item["Header"]: item["Value"] for item in config["CustomHeadersConfig"]["Items"]}
    security = config["SecurityHeadersConfig"]
    if "ContentTypeOptions" in security:
        found["X-Content-Type-Options"] = "nosniff"
    if "ReferrerPolicy" in security:
        found["Referrer-Policy"] = security["ReferrerPolicy"]["ReferrerPolicy"]
    transport = security["StrictTransportSecurity"]
    found["Strict-Transport-Security"] = f"max-age={transport['AccessControlMaxAgeSec']}; includeSubDomains"
    if "CorsConfig" in config:
        found["Access-Control-Allow-Origin"] = config["CorsConfig"]["AccessControlAllowOrigins"]["Items"][0]
    return found


def without(headers: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in names}


def test_the_page_has_the_same_headers_and_hsts(resources: dict[str, Any]) -> None:
    wanted = without(HEADERS["page"], "Content-Security-Policy") | HEADERS["transport"]
    assert headers_of(resources["PageHeaders"]) == wanted


def test_scripts_have_the_same_headers_and_hsts(resources: dict[str, Any]) -> None:
    # Cache-Control is each object's own there.
    wanted = without(HEADERS["script"], "Cache-Control") | HEADERS["transport"]
    assert headers_of(resources["ScriptHeaders"]) == wanted


def policy_for(resources: dict[str, Any], stage: str, key: str | None) -> str:
    """The policy that the edge's function answers with; one key is registered."""
    code = resources["PageResponse"]["Properties"]["FunctionCode"]
    code = code.replace("${Stage}", stage).replace("import cf from 'cloudfront';", "")
    query = {} if key is None else {"key": {"value": key}}
    script = f"""
      const cf = {{ kvs: () => ({{ get: async (key) => {{
        if (key !== 'key_known') throw new Error('KeyNotFound');
        return 'https://shop.example https://www.shop.example';
      }} }}) }};
      {code}
      handler({{ request: {{ querystring: {json.dumps(query)} }}, response: {{ headers: {{}} }} }})
        .then((response) => console.log(response.headers['content-security-policy'].value));
    """
    done = subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True, timeout=30)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("stage", "key", "framers"),
    [
        ("test", None, "*"),
        ("live", "key_known", "https://shop.example https://www.shop.example"),
        ("live", "key_unknown", "'none'"),
        ("live", None, "'none'"),
    ],
)
def test_the_edge_lets_the_keys_merchant_frame_the_page(
    resources: dict[str, Any], stage: str, key: str | None, framers: str
) -> None:
    wanted = HEADERS["page"]["Content-Security-Policy"].replace(
        "frame-ancestors 'none'", f"frame-ancestors {framers}"
    )
    assert policy_for(resources, stage, key) == wanted
