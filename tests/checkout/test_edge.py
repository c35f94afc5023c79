"""AWS serves checkout and dashboard as a laptop does; test_checkout_page.py has the function of the page."""

import json
from fnmatch import fnmatchcase
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


@pytest.mark.parametrize(
    ("path", "origin", "page"),
    [
        ("/login", "site", True),
        ("/dashboard", "site", True),
        ("/dashboard/transactions/pay_1", "site", True),
        ("/dashboard/assets/page-1.js", "site", False),
        ("/api/v1/payments", "api", False),
        ("/health", "api", False),
        ("/openapi.json", "api", False),
        ("/checkout.js", "site", False),
    ],
)
def test_the_edge_tells_the_dashboards_addresses_from_files_and_the_api(
    resources: dict[str, Any], path: str, origin: str, page: bool
) -> None:
    config = resources["Distribution"]["Properties"]["DistributionConfig"]
    fitting = (one for one in config["CacheBehaviors"] if fnmatchcase(path, one["PathPattern"]))
    behaviour = next(fitting, config["DefaultCacheBehavior"])
    functions = [one["FunctionARN"] for one in behaviour.get("FunctionAssociations", [])]
    assert behaviour["TargetOriginId"] == origin
    assert (functions == ["DashboardRequest.FunctionARN"]) is page


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
