"""template.yaml against the code that it deploys."""

import ast
import json
import re
from typing import Any

import pytest
from chalice.app import SQSEventConfig

import card
from app import app
from gateway.domain.webhooks.feed import SETTLED_AFTER
from infra.ops.cloudformation.template import load
from tests.support.syntax import syntax_tree
from tests.support.templates import APPLICATION, ROOT, events, functions, resources

CONFIG = ROOT / "layers" / "gateway" / "gateway" / "runtime" / "config.py"
FUNCTIONS = functions()
TRIGGERS = resources(APPLICATION, "AWS::Lambda::EventSourceMapping")
QUEUES = resources(APPLICATION, "AWS::SQS::Queue")
WORK_QUEUES = {name: queue for name, queue in QUEUES.items() if not name.endswith("DeadLetterQueue")}
ROLES = resources(APPLICATION, "AWS::IAM::Role")
LOG_GROUPS = resources(APPLICATION, "AWS::Logs::LogGroup")
# The two lanes of webhooks do the same work on the same data: one role, one log group, one dead-letter queue.
LANES = {"DeliverSlowWebhook": "DeliverWebhook", "SlowWebhooks": "Webhooks"}
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    return [line for policy in role["Policies"] for line in policy["PolicyDocument"]["Statement"]]


def stem_of(name: str, kind: str) -> str:
    """What a function's or queue's companions are named after."""
    stem = name.removesuffix(kind)
    return LANES.get(stem, stem)


def queue_of(trigger: dict[str, Any]) -> str:
    return str(trigger["EventSourceArn"]["Fn::GetAtt"][0])


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_the_queues_in_the_template_are_those_of_the_app() -> None:
    deployed = {
        (FUNCTIONS[trigger["FunctionName"]["Ref"]]["Handler"], queue_of(trigger), trigger["BatchSize"])
        for trigger in TRIGGERS.values()
    }
    registered = {
        (f"app.{source.name}", source.queue, source.batch_size)
        for source in app.event_sources
        if isinstance(source, SQSEventConfig)
    }
    assert deployed == registered


def test_sweeper_and_reconciliation_run_by_schedule_and_take_any_payload() -> None:
    scheduled = {
        (function["Handler"], event["Schedule"])
        for function in FUNCTIONS.values()
        for event in events(function, "Schedule")
    }
    assert scheduled == {("app.sweep", "rate(1 minute)"), ("app.reconcile", "rate(1 hour)")}
    # A handler that Chalice decodes events for would fail on an operator's empty payload.
    assert {"sweep", "reconcile"} <= {function.name for function in app.pure_lambda_functions}


def test_every_handler_of_the_template_is_in_the_app_and_the_other_way_round() -> None:
    registered = {source.name for source in app.event_sources}
    registered |= {function.name for function in app.pure_lambda_functions} | {"app"}
    handlers = {f"app.{name}" for name in registered} | {f"{card.__name__}.{card.handler.__name__}"}
    assert {function["Handler"] for function in FUNCTIONS.values()} == handlers


@pytest.mark.parametrize("name", WORK_QUEUES)
def test_a_queue_gives_up_after_five_times_into_a_dead_letter_queue(name: str) -> None:
    policy = WORK_QUEUES[name]["RedrivePolicy"]
    (target, attribute) = policy["deadLetterTargetArn"]["Fn::GetAtt"]
    assert (target, attribute) == (stem_of(name, "Queue") + "DeadLetterQueue", "Arn")
    assert target in QUEUES
    assert policy["maxReceiveCount"] == 5


@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_is_encrypted_and_keeps_messages_for_two_weeks(name: str) -> None:
    assert QUEUES[name]["SqsManagedSseEnabled"] is True
    assert QUEUES[name]["MessageRetentionPeriod"] == 14 * 24 * 3600


@pytest.mark.parametrize("name", WORK_QUEUES)
def test_a_message_stays_hidden_six_times_as_long_as_its_function_may_run(name: str) -> None:
    (timeout,) = (
        FUNCTIONS[trigger["FunctionName"]["Ref"]]["Timeout"]
        for trigger in TRIGGERS.values()
        if queue_of(trigger) == name
    )
    assert WORK_QUEUES[name]["VisibilityTimeout"] >= 6 * timeout


@pytest.mark.parametrize("name", TRIGGERS)
def test_a_worker_reports_each_failed_message_by_itself(name: str) -> None:
    assert TRIGGERS[name]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_a_role_and_logs_of_its_own(name: str) -> None:
    stem = stem_of(name, "Function")
    assert FUNCTIONS[name]["Role"] == {"Fn::GetAtt": [f"{stem}Role", "Arn"]}
    assert FUNCTIONS[name]["LoggingConfig"] == {"LogGroup": {"Ref": f"{stem}Logs"}}
    assert "RetentionInDays" in LOG_GROUPS[f"{stem}Logs"]
    logs = [
        line for line in statements(ROLES[f"{stem}Role"]) if "logs:PutLogEvents" in listed(line["Action"])
    ]
    assert [line["Resource"] for line in logs] == [{"Fn::GetAtt": [f"{stem}Logs", "Arn"]}]


def test_there_is_no_role_or_log_group_that_no_function_has() -> None:
    stems = {stem_of(name, "Function") for name in FUNCTIONS}
    # API Gateway's own: it writes who called what.
    assert {name.removesuffix("Role") for name in ROLES} == stems | {"ApiGateway"}
    assert {name.removesuffix("Logs") for name in LOG_GROUPS} == stems | {"Access"}


@pytest.mark.parametrize("name", ROLES)
def test_a_role_allows_no_action_by_wildcard(name: str) -> None:
    actions = [action for line in statements(ROLES[name]) for action in listed(line["Action"])]
    assert [action for action in actions if "*" in action] == []


@pytest.mark.parametrize("name", ROLES)
def test_only_lambda_takes_a_role(name: str) -> None:
    (line,) = ROLES[name]["AssumeRolePolicyDocument"]["Statement"]
    service = "apigateway" if name == "ApiGatewayRole" else "lambda"
    assert line["Principal"] == {"Service": f"{service}.amazonaws.com"}


def test_every_call_of_the_api_is_logged_by_the_gateway_itself_on_aws() -> None:
    api = load(APPLICATION)["Resources"]["Api"]["Properties"]
    laptop, cloud = api["AccessLogSetting"]["Fn::If"][1:]
    assert laptop == {"Ref": "AWS::NoValue"}
    assert cloud["DestinationArn"] == {"Fn::GetAtt": ["AccessLogs", "Arn"]}
    assert {"request_id", "source", "method", "path", "status"} <= set(json.loads(cloud["Format"]))


def test_every_setting_that_the_code_reads_is_set_in_the_template() -> None:
    tree = syntax_tree(CONFIG)
    strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    read = {text for text in strings if isinstance(text, str) and re.fullmatch(r"[A-Z]+(_[A-Z]+)*", text)}
    read -= {"INFO", "DEBUG", "WARNING", "ERROR"}
    set_somewhere = {name for function in FUNCTIONS.values() for name in function["Environment"]["Variables"]}
    # It only has to differ when any setting does, so that a new version of the API is published.
    assert read == set_somewhere - {"SETTINGS_VERSION"}


def test_every_parameter_is_used() -> None:
    text = APPLICATION.read_text(encoding="utf-8")
    unused = [
        name
        for name in load(APPLICATION)["Parameters"]
        if not re.search(
            rf"!Ref {name}\b|\${{{name}}}|\[{name}, |, !Ref {name}\b", text.partition("Conditions:")[2]
        )
    ]
    assert unused == []


@pytest.mark.parametrize(
    ("parameter", "default"),
    [
        ("Stage", "test"),
        ("TestMode", "false"),
        ("TestProcessingDelay", 1000),
        ("TestPaymentSuccess", "true"),
        ("UpiSuccessRate", "0.90"),
        ("CardSuccessRate", "0.95"),
        ("ProcessingDelayMin", 5000),
        ("ProcessingDelayMax", 10000),
        ("WebhookRetryIntervalsTest", "false"),
        ("TestMerchantEmail", "test@example.com"),
        ("TestApiKey", "key_test_abc123"),
        ("TestApiSecret", "secret_test_xyz789"),
    ],
)
def test_a_parameter_has_the_contracts_default(parameter: str, default: object) -> None:
    assert load(APPLICATION)["Parameters"][parameter]["Default"] == default


def test_a_secret_parameter_is_not_shown() -> None:
    assert load(APPLICATION)["Parameters"]["TestApiSecret"]["NoEcho"] is True


@pytest.mark.parametrize("name", ["ApiFunction", "StatusFunction"])
def test_a_path_of_the_api_takes_every_method(name: str) -> None:
    by_path: dict[str, set[str]] = {}
    for event in events(FUNCTIONS[name], "Api"):
        by_path.setdefault(event["Path"], set()).add(event["Method"])
    assert by_path
    # API Gateway goes by path and method: what a path lacks is found at /{proxy+}.
    alone = {path: methods for path, methods in by_path.items() if "/{proxy+}" not in by_path}
    assert by_path.get("/{proxy+}", METHODS) == METHODS
    assert all(methods == METHODS for methods in alone.values())
    if name == "StatusFunction":
        assert set(by_path) <= set(app.routes)


def test_every_function_and_queue_is_in_the_architectures_picture() -> None:
    picture = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
    names = {*FUNCTIONS, *resources(APPLICATION, "AWS::SQS::Queue")}
    assert {name for name in names if f">{name}<" not in picture} == set()


def test_no_stage_but_test_allows_chaos() -> None:
    """Every function reads one variable, which no parameter but the stage's own decides."""
    assert load(APPLICATION)["Conditions"]["IsTestStage"] == {"Fn::Equals": [{"Ref": "Stage"}, "test"]}
    settings = {name: one["Environment"]["Variables"]["ALLOWS_CHAOS"] for name, one in FUNCTIONS.items()}
    assert settings.keys() == FUNCTIONS.keys()
    assert all(one == {"Fn::If": ["IsTestStage", "true", "false"]} for one in settings.values())


def test_the_feed_waits_longer_than_any_function_that_writes_events_may_run() -> None:
    default = load(APPLICATION)["Globals"]["Function"]["Timeout"]
    writers = ("ApiFunction", "ProcessPaymentFunction", "ProcessRefundFunction")
    longest = max(FUNCTIONS[name].get("Timeout", default) for name in writers)
    assert SETTLED_AFTER.total_seconds() >= longest + 5
