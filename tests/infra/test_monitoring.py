"""infra/monitoring.yaml against the application that it watches; limits and names in template.yaml."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.jobs import WEBHOOKS
from gateway.runtime import metrics
from gateway.use_cases.jobs import Done, Job, run_jobs
from gateway.use_cases.operations.sweep import sweep
from infra.ops.cloudformation.template import load
from infra.ops.deploy.monitoring import watched
from infra.ops.deploy.target import Target
from tests.support.memory.shop import MemoryShop
from tests.support.templates import APPLICATION, MONITORING, ROOT, functions, resources

ALARMS = resources(MONITORING, "AWS::CloudWatch::Alarm")
QUEUES = resources(APPLICATION, "AWS::SQS::Queue")
(API,) = resources(APPLICATION, "AWS::Serverless::Api").values()
(DASHBOARD,) = resources(MONITORING, "AWS::CloudWatch::Dashboard").values()
FUNCTIONS = functions()
# What would stop a second stage from being made in the same account.
NAMES = {
    *("TableName", "FunctionName", "LayerName", "QueueName", "RoleName", "TopicName", "LogGroupName"),
    *("AlarmName", "DashboardName", "BucketName", "Name"),
}
NAMED_INSIDE = {"Rules", "Dimensions", "ManagedRuleGroupStatement", "Parameters"}


def queues_of(metric: str) -> set[str]:
    """The queues that an alarm on this metric looks at."""
    found = [alarm for alarm in ALARMS.values() if alarm.get("MetricName") == metric]
    return {alarm["Dimensions"][0]["Value"]["Ref"].removesuffix("Name") for alarm in found}


def test_dead_payments_and_refunds_are_told_of_and_not_the_webhooks_that_merchants_refuse() -> None:
    dead = {"PaymentsDeadLetterQueue", "RefundsDeadLetterQueue"}
    assert queues_of("ApproximateNumberOfMessagesVisible") == dead
    failures = ALARMS["WebhookFailuresAlarm"]
    assert (failures["MetricName"], failures["Dimensions"][1]["Value"]) == ("JobsFailed", WEBHOOKS)


def test_every_work_queue_has_an_alarm_on_the_age_of_its_oldest_message_and_on_messages_in_flight() -> None:
    work = {name for name in QUEUES if not name.endswith("DeadLetterQueue")}
    assert queues_of("ApproximateAgeOfOldestMessage") == work
    assert queues_of("ApproximateNumberOfMessagesNotVisible") == work
    # SQS developer guide, "Amazon SQS standard queue quotas".
    assert all(ALARMS[f"{name.removesuffix('Queue')}InFlightAlarm"]["Threshold"] < 120_000 for name in work)


def test_every_worker_and_the_sweeper_have_an_alarm_on_their_errors() -> None:
    watched_functions = {
        alarm["Dimensions"][0]["Value"]["Ref"]
        for alarm in ALARMS.values()
        if alarm.get("MetricName") == "Errors"
    }
    workers = {
        f"{trigger['FunctionName']['Ref']}Name"
        for trigger in resources(APPLICATION, "AWS::Lambda::EventSourceMapping").values()
    }
    assert watched_functions == workers | {"SweepFunctionName"}


def test_throttled_tables_and_indexes_have_an_alarm_where_alarms_may_ask_by_query() -> None:
    asked = {name: alarm["Metrics"][0]["Expression"] for name, alarm in ALARMS.items() if "Metrics" in alarm}
    assert asked == {
        "TableWriteThrottlesAlarm": 'SELECT SUM(WriteThrottleEvents) FROM "AWS/DynamoDB"',
        "TableReadThrottlesAlarm": 'SELECT SUM(ReadThrottleEvents) FROM "AWS/DynamoDB"',
    }
    for name in asked:
        assert load(MONITORING)["Resources"][name]["Condition"] == "HasInsights"


@pytest.mark.parametrize("metric", ["5XXError", "Throttles", "SweptMoney", "Invocations"])
def test_there_is_an_alarm_on(metric: str) -> None:
    assert [alarm.get("MetricName") for alarm in ALARMS.values()].count(metric) == 1


OURS = {
    (alarm["MetricName"], tuple(dimension["Name"] for dimension in alarm["Dimensions"]))
    for alarm in ALARMS.values()
    if alarm.get("Namespace") == metrics.NAMESPACE
}


def test_a_metric_that_an_alarm_watches_is_written_by_the_code(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shop = MemoryShop()
    sweep(shop.deps)
    run_jobs(shop.deps, WEBHOOKS, [Job("m", "r", {})], lambda _job: Done(failed=1))
    written = {
        (metric["Name"], tuple(dimensions))
        for line in capsys.readouterr().out.splitlines()
        for directive in json.loads(line).get("_aws", {}).get("CloudWatchMetrics", [])
        for dimensions in directive["Dimensions"]
        for metric in directive["Metrics"]
    }
    # tests/use_cases has these.
    elsewhere = {
        "PaymentsHeldBack",
        "AcquirerUnknown",
        "AcquirerOpenSeconds",
        "ReconciliationDifferences",
    }
    assert OURS - written <= {(name, ("Stack",)) for name in elsewhere}


def test_the_dashboards_search_names_the_dimensions_that_the_code_writes() -> None:
    (search,) = re.findall(r"SEARCH\('\{AsyncPay,([^}]*)\}", DASHBOARD["DashboardBody"]["Fn::Sub"])
    assert tuple(search.split(",")) in {dimensions for _, dimensions in OURS}


@pytest.mark.parametrize("name", ALARMS)
def test_the_operators_page_says_what_an_alarm_means_and_what_to_do(name: str) -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| ")]
    told = [row for row in rows if name.removesuffix("Alarm") in re.findall(r"\w+", row[0])]
    assert len(told) == 1
    assert all(len(cell.split()) >= 3 for cell in told[0][1:])


@pytest.mark.parametrize("name", ALARMS)
def test_an_alarm_tells_the_topic_of_both_ways_and_says_what_it_means(name: str) -> None:
    alarm = ALARMS[name]
    assert alarm["AlarmActions"] == alarm["OKActions"]
    assert alarm["AlarmActions"]["Fn::If"][0] == "HasTopic"
    assert len(alarm["AlarmDescription"].split()) >= 4
    # Queues without traffic send nothing, and nothing is fine; only a silent sweeper is not.
    silent = "breaching" if name == "SweeperSilentAlarm" else "notBreaching"
    assert alarm["TreatMissingData"] == silent


def test_a_webhooks_age_alarm_waits_for_longer_than_its_attempts_take() -> None:
    for name in ("WebhooksAgeAlarm", "SlowWebhooksAgeAlarm"):
        assert ALARMS[name]["Threshold"] > 60 + 300 + 1800 + 7200


def test_the_sweepers_alarm_is_on_the_metric_that_the_code_writes(capsys: pytest.CaptureFixture[str]) -> None:
    alarm = ALARMS["SweeperFoundWorkAlarm"]
    assert alarm["Namespace"] == metrics.NAMESPACE
    assert alarm["Dimensions"] == [{"Name": "Stack", "Value": {"Ref": "ApplicationStack"}}]
    for function in FUNCTIONS.values():
        assert function["Environment"]["Variables"]["STACK_NAME"] == {"Ref": "AWS::StackName"}


def test_the_dashboard_is_json_and_shows_every_alarm() -> None:
    body = DASHBOARD["DashboardBody"]["Fn::Sub"]
    widgets = json.loads(body)["widgets"]
    (shown,) = [widget["properties"]["alarms"] for widget in widgets if widget["type"] == "alarm"]
    always = {name for name, one in load(MONITORING)["Resources"].items() if "Condition" not in one}
    assert {re.sub(r"\W|Arn", "", alarm) for alarm in shown} == ALARMS.keys() & always
    for widget in widgets:
        assert widget["type"] == "alarm" or widget["properties"]["region"] == "${AWS::Region}"


def outputs_of_the_application() -> dict[str, str]:
    """The outputs of template.yaml, each with a value like CloudFormation's."""
    found = {name: f"physical-{name}" for name in load(APPLICATION)["Outputs"]}
    urls = {
        name: f"https://sqs.us-east-1.amazonaws.com/1/{name}" for name in found if name.endswith("QueueUrl")
    }
    return found | urls | {"ApiStage": "live"}


def test_every_parameter_is_told_from_the_outputs_of_the_application(target: Target) -> None:
    told = watched(target, outputs_of_the_application())
    undecided = {"AlarmEmail", "AlarmTopicArn"}
    parameters = load(MONITORING)["Parameters"]
    assert parameters.keys() - undecided <= told.keys()
    assert {name for name, one in parameters.items() if "Default" in one} == undecided
    assert told["PaymentsDeadLetterQueueName"] == "PaymentsDeadLetterQueueUrl"
    assert told["SweepFunctionName"] == "physical-SweepFunctionName"
    assert (told["ApplicationStack"], told["DataStack"]) == ("asyncpay-live", "asyncpay-live-data")


def test_the_application_is_the_application_only() -> None:
    kinds = {resource["Type"].split("::")[1] for resource in load(APPLICATION)["Resources"].values()}
    assert not kinds & {"CloudWatch", "SNS"}
    kinds = {resource["Type"].split("::")[1] for resource in load(MONITORING)["Resources"].values()}
    assert kinds == {"CloudWatch", "SNS"}


def test_the_api_has_the_name_that_alarms_look_for() -> None:
    # The transform names an API after its stack, unless told otherwise.
    assert "Name" not in API
    alarm = ALARMS["ApiErrorsAlarm"]
    assert alarm["Dimensions"][0] == {"Name": "ApiName", "Value": {"Ref": "ApplicationStack"}}


@pytest.mark.parametrize("name", API["GatewayResponses"])
def test_what_the_gateway_itself_answers_has_the_error_format_of_the_contract(name: str) -> None:
    error = json.loads(API["GatewayResponses"][name]["ResponseTemplates"]["application/json"])["error"]
    assert {"code", "description", "request_id"} == error.keys()
    codes = {"NOT_FOUND_ERROR", "RATE_LIMIT_ERROR", "BAD_REQUEST_ERROR", "SERVER_ERROR"}
    assert error["code"] in codes


def test_a_limit_is_on_a_route_that_is_there() -> None:
    events = [event for function in FUNCTIONS.values() for event in function.get("Events", {}).values()]
    routes = {
        (event["Properties"]["Path"], event["Properties"]["Method"])
        for event in events
        if event["Type"] == "Api"
    }
    declared = API["DefinitionBody"]["paths"].items()
    routes |= {(path, method.upper()) for path, methods in declared for method in methods}
    limited = {
        (setting["ResourcePath"].replace("~1", "/").replace("//", "/"), setting["HttpMethod"])
        for setting in API["MethodSettings"]
    }
    assert limited - routes == {("/*", "*")}
    assert ("/api/v1/payments/public", "POST") in limited


def test_every_function_is_traced_when_the_parameter_says_so() -> None:
    assert all(function["Tracing"] == {"Ref": "Tracing"} for function in FUNCTIONS.values())
    for name, role in resources(APPLICATION, "AWS::IAM::Role").items():
        if name == "ApiGatewayRole":
            continue  # no function's
        lines = role["Policies"][0]["PolicyDocument"]["Statement"]
        assert any("xray:PutTraceSegments" in line["Action"] for line in lines)


def fixed_names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            if key in NAMES and isinstance(member, str):
                yield f"{key}: {member}"
            elif key not in NAMED_INSIDE:
                yield from fixed_names(member)
    elif isinstance(value, list):
        for member in value:
            yield from fixed_names(member)


@pytest.mark.parametrize(
    "path", [APPLICATION, *sorted((ROOT / "infra").glob("*.yaml"))], ids=lambda path: path.name
)
def test_nothing_is_named_by_hand_so_two_stages_fit_into_one_account(path: Path) -> None:
    for name, resource in load(path)["Resources"].items():
        assert list(fixed_names(resource["Properties"])) == [], name


def test_the_check_of_names_sees_one() -> None:
    assert list(fixed_names({"Config": {"Name": "site"}, "TableName": {"Fn::Sub": "x"}})) == ["Name: site"]
