"""What is known of the services, held to botocore's own data."""

from collections.abc import Mapping
from typing import Any

import botocore.session
import pytest
from botocore.endpoint_provider import EndpointProvider

from gateway.adapters.aws.services import (
    DYNAMODB,
    LAMBDA,
    SECRETS_MANAGER,
    SQS,
    Service,
    endpoint_of,
    region_of,
)

SERVICES = (DYNAMODB, SQS, SECRETS_MANAGER, LAMBDA)
SESSION = botocore.session.get_session()
REGIONS = [
    region
    for partition in SESSION.get_available_partitions()
    for region in SESSION.get_available_regions("dynamodb", partition)
]
assert len(REGIONS) > 30
each_service = pytest.mark.parametrize("service", SERVICES, ids=lambda service: service.name)


@each_service
def test_the_public_endpoint_of_every_region_is_botocores(service: Service) -> None:
    loader: Any = SESSION.get_component("data_loader")
    rules = loader.load_service_model(service.name, "endpoint-rule-set-1")
    provider: Any = EndpointProvider(rules, loader.load_data("partitions"))
    for region in REGIONS:
        theirs = provider.resolve_endpoint(Region=region, UseFIPS=False, UseDualStack=False)
        assert endpoint_of(service, region, {}).url == theirs.url


@each_service
def test_protocol_and_names_are_those_of_the_model(service: Service) -> None:
    model: Any = SESSION.get_service_model(service.name)
    assert model.signing_name == service.name
    assert model.service_id.hyphenize().upper().replace("-", "_") == service.environment_suffix
    assert ("awsQueryCompatible" in model.metadata) == service.has_query_errors
    if service is LAMBDA:
        assert model.metadata["protocol"] == "rest-json"
        for operation, path in service.paths.items():
            theirs = model.operation_model(operation)
            assert theirs.http["method"] == ("POST" if operation in service.payloads else "GET")
            assert theirs.http["requestUri"] == path
            assert theirs.input_shape.serialization.get("payload") == service.payloads.get(operation)
        return
    assert model.metadata["protocol"] == "json"
    assert model.metadata["jsonVersion"] == service.json_version
    assert model.metadata["targetPrefix"] == service.target


@each_service
def test_every_token_that_botocore_would_fill_in_is_filled_in(service: Service) -> None:
    """Of the operations that transactions, tables and queues are changed by: those of administration have
    some too.
    """
    model: Any = SESSION.get_service_model(service.name)
    used = {"TransactWriteItems", "PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "SendMessage"}
    used |= {"SendMessageBatch", "ChangeMessageVisibility", "GetSecretValue", "GetEventSourceMapping"}
    used |= {"CreateSecret", "PutSecretValue"}
    theirs = {
        operation: model.operation_model(operation).idempotent_members
        for operation in used.intersection(model.operation_names)
    }
    assert {operation: members for operation, members in theirs.items() if members} == {
        operation: [member] for operation, member in service.tokens.items()
    }


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, "http://127.0.0.1:4566"),
        (
            {
                "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
                "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:8001",
            },
            "http://127.0.0.1:8001",
        ),
        ({"AWS_ENDPOINT_URL_SQS": "http://127.0.0.1:9324"}, "https://dynamodb.eu-west-1.amazonaws.com"),
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
            "https://dynamodb.eu-west-1.amazonaws.com",
        ),
    ],
)
def test_an_endpoint_of_the_service_comes_before_one_for_all(environ: Mapping[str, str], url: str) -> None:
    assert endpoint_of(DYNAMODB, "eu-west-1", environ).url == url


@pytest.mark.parametrize(
    ("url", "scheme", "name", "port", "host", "path"),
    [
        ("https://sqs.eu-west-1.amazonaws.com", "https", "sqs.eu-west-1.amazonaws.com", 443, "", ""),
        ("http://localhost:4566/", "http", "localhost", 4566, "localhost:4566", ""),
        ("http://localhost/aws/", "http", "localhost", 80, "localhost", "/aws"),
        ("http://[::1]:4566", "http", "::1", 4566, "[::1]:4566", ""),
        ("https://vpce.example:443", "https", "vpce.example", 443, "vpce.example", ""),
    ],
)
def test_the_host_has_a_port_where_it_is_not_the_default(
    url: str, scheme: str, name: str, port: int, host: str, path: str
) -> None:
    endpoint = endpoint_of(SQS, "eu-west-1", {"AWS_ENDPOINT_URL": url})
    assert endpoint == (url, scheme, name, port, host or name, path)


@pytest.mark.parametrize("url", ["localhost:4566", "ftp://localhost", "http://", "//localhost"])
def test_an_endpoint_that_is_no_url_is_refused_and_named(url: str) -> None:
    with pytest.raises(ValueError, match="endpoint") as caught:
        endpoint_of(SQS, "eu-west-1", {"AWS_ENDPOINT_URL": url})
    assert repr(url) in str(caught.value)


def test_lambdas_region_comes_first() -> None:
    assert region_of({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}) == "eu-west-1"
    assert region_of({"AWS_DEFAULT_REGION": "us-east-1"}) == "us-east-1"
