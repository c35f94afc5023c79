"""What template.yaml says of the card function: its paths, what it may do, what can be logged."""

import json
from typing import Any

import pytest

from infra.ops.cloudformation.template import load
from tests.support.templates import APPLICATION, events, functions, resources

API = load(APPLICATION)["Resources"]["Api"]["Properties"]
FUNCTIONS = functions()
CARDS = FUNCTIONS["CardsFunction"]
ROLES = resources(APPLICATION, "AWS::IAM::Role")
ONLY_IF = "HasCardFunction"
PATHS = ("/api/v1/payments", "/api/v1/payments/public")
GATEWAY_SECONDS = 29  # API Gateway developer guide, "Quotas": integration timeout


def allowed(role: str) -> list[tuple[str, str]]:
    """Each action of a role, and what it is allowed on."""
    found = []
    for policy in ROLES[role]["Policies"]:
        for line in policy["PolicyDocument"]["Statement"]:
            actions = line["Action"] if isinstance(line["Action"], list) else [line["Action"]]
            targets = line["Resource"] if isinstance(line["Resource"], list) else [line["Resource"]]
            found += [(action, json.dumps(target)) for action in actions for target in targets]
    return found


def test_the_role_reaches_the_api_two_kinds_of_secrets_and_nothing_that_is_stored() -> None:
    secrets_of_accounts = "secret:${AWS::StackName}/acquirers/*"
    uses = {(action, target) for action, target in allowed("CardsRole") if not action.startswith("xray:")}
    accounts = {use for use in uses if secrets_of_accounts in use[1]}
    assert {action for action, _ in accounts} == {"secretsmanager:GetSecretValue"}
    assert uses - accounts == {
        ("logs:CreateLogStream", '{"Fn::GetAtt": ["CardsLogs", "Arn"]}'),
        ("logs:PutLogEvents", '{"Fn::GetAtt": ["CardsLogs", "Arn"]}'),
        ("lambda:InvokeFunction", '{"Fn::Sub": "${ApiFunction.Arn}:live"}'),
        ("secretsmanager:GetSecretValue", '{"Ref": "FingerprintKey"}'),
    }


def test_no_other_role_calls_the_api_or_reads_the_key_of_the_exchange() -> None:
    callers = {role for role in ROLES for action, _ in allowed(role) if action.startswith("lambda:Invoke")}
    readers = {role for role in ROLES for _, target in allowed(role) if '"FingerprintKey"' in target}
    assert (callers, readers) == ({"CardsRole"}, {"CardsRole", "ApiRole"})


@pytest.mark.parametrize("path", PATHS)
def test_a_payments_path_leads_to_the_function_or_else_to_the_api(path: str) -> None:
    integration = API["DefinitionBody"]["paths"][path]["post"]["x-amazon-apigateway-integration"]
    condition, through, direct = integration["uri"]["Fn::If"]
    assert (integration["type"], condition) == ("aws_proxy", ONLY_IF)
    assert "functions/${CardsFunction.Arn}/invocations" in through["Fn::Sub"]
    assert "functions/${ApiFunction.Arn}:live/invocations" in direct["Fn::Sub"]
    limited = {(one["ResourcePath"].replace("~1", "/"), one["HttpMethod"]) for one in API["MethodSettings"]}
    assert (f"/{path}", "POST") in limited


def test_no_other_path_leads_to_the_function() -> None:
    assert tuple(API["DefinitionBody"]["paths"]) == PATHS
    assert API["MergeDefinitions"] is True
    assert events(CARDS, "Api") == []
    declared = {event["Path"] for function in FUNCTIONS.values() for event in events(function, "Api")}
    assert not declared & set(PATHS)
    (permission,) = resources(APPLICATION, "AWS::Lambda::Permission").values()
    assert permission["FunctionName"] == {"Ref": "CardsFunction"}
    assert permission["SourceArn"]["Fn::Sub"].endswith("${Api}/*/POST/api/v1/payments*")


def test_a_change_of_the_setting_deploys_the_api_anew() -> None:
    """The transform compares the API's text, in which a condition reads the same either way."""
    assert any("${CardFunction}" in json.dumps(kind) for kind in API["BinaryMediaTypes"])
    assert API["BinaryMediaTypes"][0] == "*/*"


def test_without_the_setting_nobody_may_call_the_function_and_the_api_takes_cards() -> None:
    declared = load(APPLICATION)["Resources"]
    permission = declared["CardsPermission"]
    assert (permission["Type"], permission["Condition"]) == ("AWS::Lambda::Permission", ONLY_IF)
    assert not CARDS.get("Events")
    told = FUNCTIONS["ApiFunction"]["Environment"]["Variables"]["CARDS_EXCHANGED"]
    assert told == {"Fn::If": [ONLY_IF, "true", "false"]}


def test_the_function_outlasts_the_api_and_ends_before_the_gateway_gives_up() -> None:
    api_seconds = FUNCTIONS["ApiFunction"].get("Timeout", load(APPLICATION)["Globals"]["Function"]["Timeout"])
    assert 2 * api_seconds < CARDS["Timeout"] < GATEWAY_SECONDS


def test_nothing_but_the_functions_own_lines_is_logged_of_a_request() -> None:
    """Neither Lambda's own lines nor API Gateway's have bodies in them, as they are set."""
    logging: dict[str, Any] = load(APPLICATION)["Globals"]["Function"]["LoggingConfig"]
    assert logging["SystemLogLevel"] == "WARN"
    assert set(CARDS["LoggingConfig"]) == {"LogGroup"}
    for setting in API["MethodSettings"]:
        # "Full request and response logs" of API Gateway, and the log level that they belong to.
        assert not {"DataTraceEnabled", "LoggingLevel"} & set(setting)
    assert "body" not in API["AccessLogSetting"]["Fn::If"][2]["Format"]
    assert not {"LoggingConfig", "DeadLetterQueue", "EventInvokeConfig"} & set(CARDS) - {"LoggingConfig"}
