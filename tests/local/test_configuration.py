"""docs/configuration.md names every setting, with the default that it has."""

import re

from infra.ops.cloudformation.template import load, variable
from infra.ops.settings import ROOT
from local.settings import PORTS

TEXT = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
APPLICATION = load(ROOT / "template.yaml")["Parameters"]
# The monitoring stack is told the rest by the deployment.
ALARMS = {
    name: one
    for name, one in load(ROOT / "infra" / "monitoring.yaml")["Parameters"].items()
    if "Default" in one
}
# The deployment itself says whether they are protected.
TABLES = {
    name: one for name, one in load(ROOT / "infra" / "data.yaml")["Parameters"].items() if name != "Retention"
}
DECLARED = APPLICATION | TABLES | ALARMS
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.splitlines() if line[:3] == "| `"
]
PARAMETERS = {row[0].strip("`"): row for row in ROWS if len(row) == 4}
VARIABLES = {name: row for row in ROWS if len(row) == 3 for name in re.findall(r"`(\w+)`", row[0])}
# AWS's own, read by a test's run, or set by the template for the functions.
ELSEWHERE = {"AWS_REGION", "CHECKOUT_ORIGIN"}


def test_every_parameter_of_the_template_is_in_the_tables_and_no_other() -> None:
    assert PARAMETERS.keys() == DECLARED.keys()


def test_a_parameter_has_the_variable_and_the_default_that_the_tables_say() -> None:
    for name, (_, shown, default, _meaning) in PARAMETERS.items():
        assert shown == f"`{variable(name)}`"
        assert default == str(DECLARED[name].get("Default", "")), name


def test_every_port_is_in_the_tables() -> None:
    for name, default, _ in PORTS.values():
        assert VARIABLES[name][1] == str(default)


def test_every_variable_that_the_commands_read_is_in_the_tables() -> None:
    read = set()
    for path in sorted([*(ROOT / "local").rglob("*.py"), *(ROOT / "infra" / "ops").rglob("*.py")]):
        source = path.read_text(encoding="utf-8")
        read |= set(re.findall(r"(?:environ|environment|values)\.get\(\s*\"([A-Z][A-Z_]+)\"", source))
    known = VARIABLES.keys() | {row[1].strip("`") for row in PARAMETERS.values()}
    of_benches = {name for name in read if name.startswith("BENCH_")}  # docs/performance.md
    assert read - known - of_benches - ELSEWHERE == set()
    assert {"CONFIRM", "ASYNCPAY_HOME"} <= read
