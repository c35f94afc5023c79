"""What importing the library brings along: in fresh interpreters, since this one has imported everything."""

import subprocess
import sys

import pytest

HEAVY = ("urllib3", "botocore.client", "botocore.session", "boto3")
BROUGHT = f"import sys; print(*(name for name in {HEAVY} if name in sys.modules))"


def run(code: str) -> str:
    environ = {"PYTHONPATH": ":".join(sys.path), "AWS_REGION": "us-east-1", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], env=environ, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    "module",
    [
        "gateway.adapters.aws.dynamodb.tables",
        "gateway.adapters.aws.sqs",
        "gateway.runtime.dependencies",
        "app",
    ],
)
def test_no_client_of_botocore_is_imported_and_no_urllib3(module: str) -> None:
    assert run(f"import {module}; {BROUGHT}") == ""


def test_whoever_wants_botocores_clients_later_gets_the_real_ones() -> None:
    code = """
import gateway.adapters.aws.dynamodb.tables
import botocore, sys
assert not hasattr(botocore, 'client') and 'botocore.session' not in sys.modules
import boto3, botocore.config, botocore.session
client = boto3.client('sqs', region_name='us-east-1', config=botocore.config.Config(read_timeout=1))
print(client.meta.region_name, botocore.session.get_session().__class__.__module__)
"""
    assert run(code) == "us-east-1 botocore.session"


def test_pynamodb_takes_the_real_ones_where_they_are_there_already() -> None:
    code = """
import botocore.client
import gateway.adapters.aws.dynamodb.tables
import pynamodb.connection.base as base
import botocore.session
assert base.get_session is botocore.session.get_session
assert base.ClientError is botocore.client.ClientError
print('real')
"""
    assert run(code) == "real"


def test_pynamodb_says_so_where_it_is_asked_for_a_session_of_its_own() -> None:
    code = """
import gateway.adapters.aws.dynamodb.tables
from pynamodb.connection import Connection
try:
    Connection(region='us-east-1').session
except RuntimeError as error:
    print('gateway.adapters.aws.transport' in str(error))
"""
    assert run(code) == "True"


def test_errors_of_pynamodb_are_still_those_that_botocore_knows() -> None:
    code = """
import gateway.adapters.aws.dynamodb.tables
import pynamodb.connection.base as base, botocore.exceptions
print(base.BOTOCORE_EXCEPTIONS == (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError))
"""
    assert run(code) == "True"


def test_a_cold_start_makes_few_dataclasses() -> None:
    # Each costs some 0.4 ms of Python's own code generation, where a NamedTuple costs 0.1.
    code = """
import dataclasses
made, process = [], dataclasses._process_class
dataclasses._process_class = lambda cls, *rest: made.append(cls) or process(cls, *rest)
import app
print(len(made))
"""
    assert 40 < int(run(code)) <= 85
