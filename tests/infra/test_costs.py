"""What keeps the bill small, in template.yaml."""

from infra.ops.cloudformation.template import load
from tests.support.templates import APPLICATION, resources


def test_traces_are_a_share_of_requests_and_never_one_each_second() -> None:
    """X-Ray's default rule has a reservoir of one trace a second: in a quiet stage, every request's."""
    rule = load(APPLICATION)["Resources"]["TraceSampling"]
    assert rule["Condition"] == "IsTraced"
    sampling = rule["Properties"]["SamplingRule"]
    assert (sampling["ReservoirSize"], sampling["FixedRate"]) == (0, {"Ref": "TracedShare"})
    assert load(APPLICATION)["Parameters"]["TracedShare"]["Default"] == "0.01"


def test_lambdas_own_lines_are_logged_only_where_something_is_wrong() -> None:
    logging = load(APPLICATION)["Globals"]["Function"]["LoggingConfig"]
    assert (logging["LogFormat"], logging["SystemLogLevel"]) == ("JSON", "WARN")


def test_workers_wait_for_fuller_batches_except_on_a_laptop() -> None:
    sources = resources(APPLICATION, "AWS::Lambda::EventSourceMapping").values()
    waiting = [source.get("MaximumBatchingWindowInSeconds") for source in sources]
    window = {"Fn::If": ["IsLaptop", 0, 1]}
    # The slow lane's receivers take seconds anyway.
    assert waiting == [window, window, window, None]
