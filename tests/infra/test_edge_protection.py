"""The edge's firewall counts viewers, and nothing but the distribution reaches what it protects."""

from typing import Any

from infra.ops.cloudformation.template import load
from infra.ops.edge.firewall import LIMITS
from tests.support.templates import APPLICATION, ROOT, functions

EDGE = load(ROOT / "infra" / "edge.yaml")
FIREWALL = load(ROOT / "infra" / "edge-firewall.yaml")
APP = load(APPLICATION)


def rate_rules(acl: dict[str, Any]) -> dict[str, Any]:
    rules = {rule["Name"]: rule["Statement"] for rule in acl["Properties"]["Rules"]}
    return {name: one["RateBasedStatement"] for name, one in rules.items() if "RateBasedStatement" in one}


def test_the_edges_firewall_is_of_cloudfronts_scope_and_counts_each_viewers_address() -> None:
    acl = FIREWALL["Resources"]["Firewall"]
    assert acl["Properties"]["Scope"] == "CLOUDFRONT"
    limits = rate_rules(acl)
    assert {name: one["Limit"]["Ref"] for name, one in limits.items()} == {
        "public-payments": "PublicPaymentFirewallRateLimit",
        "everything": "FirewallRateLimit",
    }
    assert {one["AggregateKeyType"] for one in limits.values()} == {"IP"}


def test_both_firewalls_have_the_same_rules() -> None:
    one, other = (
        acl["Properties"]["Rules"]
        for acl in (FIREWALL["Resources"]["Firewall"], APP["Resources"]["Firewall"])
    )
    without = [[{**rule, "VisibilityConfig": None} for rule in rules] for rules in (one, other)]
    assert without[0] == without[1]
    assert set(FIREWALL["Parameters"]) == set(LIMITS)


def test_an_odd_spelling_of_the_path_is_counted_too() -> None:
    match = rate_rules(FIREWALL["Resources"]["Firewall"])["public-payments"]["ScopeDownStatement"][
        "ByteMatchStatement"
    ]
    kinds = [one["Type"] for one in match["TextTransformations"]]
    assert (match["PositionalConstraint"], kinds) == ("CONTAINS", ["URL_DECODE", "NORMALIZE_PATH"])


def test_the_applications_own_firewall_is_for_stages_without_an_edge() -> None:
    assert APP["Resources"]["Firewall"]["Properties"]["Scope"] == "REGIONAL"
    behind_no_edge = {"Fn::Not": [{"Fn::Equals": [{"Ref": "EdgeOnly"}, "yes"]}]}
    assert behind_no_edge in APP["Conditions"]["HasFirewall"]["Fn::And"]


def test_the_distribution_has_the_firewall_and_the_secret_header() -> None:
    config = EDGE["Resources"]["Distribution"]["Properties"]["DistributionConfig"]
    assert config["WebACLId"] == {"Fn::If": ["HasFirewall", {"Ref": "FirewallArn"}, {"Ref": "AWS::NoValue"}]}
    (origin,) = [one for one in config["Origins"] if one["Id"] == "api"]
    _, ((header,), _) = (
        origin["OriginCustomHeaders"]["Fn::If"][0],
        origin["OriginCustomHeaders"]["Fn::If"][1:],
    )
    # A dynamic reference is read anew only where its own text changes: it names the version.
    sent = "${EdgeSecretArn}:SecretString:current::${EdgeSecretVersion}"
    assert header == {
        "HeaderName": "X-Edge-Secret",
        "HeaderValue": {"Fn::Sub": f"{{{{resolve:secretsmanager:{sent}}}}}"},
    }


def test_the_secret_is_an_object_with_a_generated_value_and_the_api_asks_for_it_where_there_is_an_edge() -> (
    None
):
    made = APP["Resources"]["EdgeSecret"]["Properties"]["GenerateSecretString"]
    assert (made["SecretStringTemplate"], made["GenerateStringKey"]) == ("{}", "current")
    variables = functions()["ApiFunction"]["Environment"]["Variables"]
    assert variables["EDGE_ONLY"] == {"Fn::If": ["IsEdgeOnly", "true", "false"]}
    assert variables["EDGE_SECRET_ARN"] == {"Ref": "EdgeSecret"}
    assert APP["Parameters"]["EdgeOnly"]["Default"] == "no"


def test_the_edges_origin_is_let_in_by_itself() -> None:
    """Browsers name it on the dashboard's own POSTs too, such as the one that logs in."""
    variables = functions()["ApiFunction"]["Environment"]["Variables"]
    assert variables["ALLOWED_ORIGINS"] == {"Fn::Sub": "${AllowedOrigins},${EdgeUrl}"}
