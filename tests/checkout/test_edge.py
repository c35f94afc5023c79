"""AWS serves checkout and dashboard as a laptop does; test_checkout_page.py has the function of the page."""

import json
import os
import re
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.ops.deploy import edge

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
    if "ContentSecurityPolicy" in security:
        found["Content-Security-Policy"] = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    if "FrameOptions" in security:
        found["X-Frame-Options"] = security["FrameOptions"]["FrameOption"]
    if "ReferrerPolicy" in security:
        found["Referrer-Policy"] = security["ReferrerPolicy"]["ReferrerPolicy"]
    transport = security["StrictTransportSecurity"]
    found["Strict-Transport-Security"] = f"max-age={transport['AccessControlMaxAgeSec']}; includeSubDomains"
    if "CorsConfig" in config:
        found["Access-Control-Allow-Origin"] = config["CorsConfig"]["AccessControlAllowOrigins"]["Items"][0]
    return found


def without(headers: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in names}


def test_scripts_have_the_same_headers_and_hsts(resources: dict[str, Any]) -> None:
    # Cache-Control is each object's own there.
    wanted = without(HEADERS["script"], "Cache-Control") | HEADERS["transport"]
    assert headers_of(resources["ScriptHeaders"]) == wanted


def test_the_dashboard_has_the_same_headers_and_hsts(resources: dict[str, Any]) -> None:
    assert headers_of(resources["DashboardHeaders"]) == HEADERS["dashboard"] | HEADERS["transport"]


def test_the_api_reference_has_the_same_headers_and_hsts(resources: dict[str, Any]) -> None:
    assert headers_of(resources["ReferenceHeaders"]) == HEADERS["reference"] | HEADERS["transport"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the build makes, for a checkout at an origin."""
    made = tmp_path_factory.mktemp("site") / "dist"
    environment = os.environ | {"CHECKOUT_DIST": str(made), "CHECKOUT_ORIGIN": "https://pay.example.com"}
    command = ["node", str(ROOT / "checkout-site/build.mjs"), "--no-types"]
    subprocess.run(command, env=environment, check=True, capture_output=True, timeout=100)
    return made


@pytest.fixture(scope="module")
def uploaded(built: Path) -> set[str]:
    """The keys that a deployment puts into the site's bucket."""
    patterns = (*edge.ASSETS, *edge.NAMING, *edge.OWN_ASSETS, *edge.OWN_NAMING)
    return {path.relative_to(built).as_posix() for pattern in patterns for path in built.glob(pattern)}


def served(resources: dict[str, Any], path: str) -> tuple[str, str]:
    """Where the distribution gets a path from: its origin, and the path that it asks there."""
    config = resources["Distribution"]["Properties"]["DistributionConfig"]
    # The first pattern that fits counts.
    fitting = (one for one in config["CacheBehaviors"] if fnmatchcase(path, one["PathPattern"]))
    behaviour = next(fitting, config["DefaultCacheBehavior"])
    for association in behaviour.get("FunctionAssociations", []):
        function = resources[association["FunctionARN"].partition(".")[0]]
        (path,) = re.findall(r"uri = '([^']+)'", function["Properties"]["FunctionCode"])
    return behaviour["TargetOriginId"], path


PAGES = ["/login", "/dashboard", "/dashboard/transactions/pay_1", "/api-reference", "/docs/errors.html"]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_of_the_site_is_in_the_bucket_under_the_address_that_it_has_there(
    resources: dict[str, Any], built: Path, uploaded: set[str], page: str
) -> None:
    origin, path = served(resources, page)
    assert origin == "site"
    assert path.lstrip("/") in uploaded
    # And so is what it names.
    text = (built / path.lstrip("/")).read_text()
    for asset in re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css))"', text):
        assert served(resources, asset) == ("site", asset)
        assert asset.lstrip("/") in uploaded


def test_the_scripts_and_what_the_checkout_page_names_are_there_too(
    resources: dict[str, Any], built: Path, uploaded: set[str]
) -> None:
    release = json.loads((built / "checkout/release.json").read_text())
    names = re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css))"', (built / "edge/index.html").read_text())
    assert len(names) >= 2
    for path in ("/checkout.js", "/checkout/release.json", release["script"], *names):
        assert served(resources, path) == ("site", path)
        assert path.lstrip("/") in uploaded


@pytest.mark.parametrize(
    "path", ["/api/v1/payments", "/api/v1/dashboard/session", "/health", "/openapi.json"]
)
def test_the_api_is_behind_the_same_host(resources: dict[str, Any], path: str) -> None:
    assert served(resources, path) == ("api", path)


def test_the_script_of_a_stage_opens_that_stages_checkout_wherever_it_is_served_from(built: Path) -> None:
    script = (built / "checkout.js").read_text()
    assert "https://pay.example.com" in script
    assert "localhost" not in script


def test_the_page_comes_from_its_function_and_is_kept_for_each_key(resources: dict[str, Any]) -> None:
    config = resources["Distribution"]["Properties"]["DistributionConfig"]
    (behaviour,) = (one for one in config["CacheBehaviors"] if one["PathPattern"] == "/checkout")
    (origin,) = (one for one in config["Origins"] if one["Id"] == behaviour["TargetOriginId"])
    assert "PageFunctionUrl.FunctionUrl" in str(origin["DomainName"])
    policy = resources[behaviour["CachePolicyId"]]["Properties"]["CachePolicyConfig"]
    forwarded = policy["ParametersInCacheKeyAndForwardedToOrigin"]
    assert forwarded["QueryStringsConfig"]["QueryStrings"] == ["key", "acquirer"]
    assert (policy["MinTTL"], policy["MaxTTL"]) == (60, 60)


def test_nobody_but_the_distribution_may_call_the_function(resources: dict[str, Any]) -> None:
    assert resources["PageFunction"]["Properties"]["FunctionUrlConfig"] == {"AuthType": "AWS_IAM"}
    allowed = [one["Properties"] for one in resources.values() if one["Type"] == "AWS::Lambda::Permission"]
    assert {one["Action"] for one in allowed} == {"lambda:InvokeFunction", "lambda:InvokeFunctionUrl"}
    for permission in allowed:
        assert permission["Principal"] == "cloudfront.amazonaws.com"
        assert permission["SourceArn"].endswith(":distribution/${Distribution}")


def test_the_build_makes_what_the_function_is_made_of(resources: dict[str, Any]) -> None:
    code = resources["PageFunction"]["Properties"]["CodeUri"]
    build = (ROOT / "checkout-site/build.mjs").read_text()
    assert (ROOT / "infra" / code).resolve() == ROOT / "checkout-site/dist/edge"
    for name in ("checkout_page.py", "headers.json", "index.html"):
        assert f'"edge/{name}"' in build
