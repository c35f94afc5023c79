"""The AWS services that the gateway calls: what they speak, and where they are.

Endpoints follow the rules that the SDKs share (AWS SDKs and Tools Reference Guide, "Service-specific
endpoints"): `AWS_ENDPOINT_URL_<SERVICE>`, then `AWS_ENDPOINT_URL`, then the region's public endpoint. Tests
hold the public endpoints, the protocols and the idempotency tokens to botocore's own data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from botocore.exceptions import NoRegionError


@dataclass(frozen=True)
class Service:
    """One of the services that the gateway calls.

    `json_version` and `target` are of the AWS JSON protocol. Operations that `paths` names are REST-JSON's: a
    GET of a path made of the parameters, or a POST of the parameter that `payloads` names.
    """

    name: str
    environment_suffix: str
    json_version: str = ""
    target: str = ""
    # In some errors the code that SDKs have always shown is in a header (the "awsQueryCompatible" trait).
    has_query_errors: bool = False
    # The member of an operation's request that makes a repetition harmless; filled in where the caller did
    # not.
    tokens: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    payloads: Mapping[str, str] = field(default_factory=dict)


DYNAMODB = Service(
    "dynamodb", "DYNAMODB", "1.0", "DynamoDB_20120810", tokens={"TransactWriteItems": "ClientRequestToken"}
)
SQS = Service("sqs", "SQS", "1.0", "AmazonSQS", has_query_errors=True)
SECRETS_MANAGER = Service(
    "secretsmanager",
    "SECRETS_MANAGER",
    "1.1",
    "secretsmanager",
    tokens={"CreateSecret": "ClientRequestToken", "PutSecretValue": "ClientRequestToken"},
)
LAMBDA = Service(
    "lambda",
    "LAMBDA",
    paths={
        "GetEventSourceMapping": "/2015-03-31/event-source-mappings/{UUID}",
        "Invoke": "/2015-03-31/functions/{FunctionName}/invocations",
    },
    payloads={"Invoke": "Payload"},
)

# By the beginning of a region's name; all others belong to the partition `aws`.
_SUFFIXES = (
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
    ("us-isof-", "csp.hci.ic.gov"),
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


class Endpoint(NamedTuple):
    """Where a service is. `host` is the value of the Host header: with a port that is not the default."""

    url: str
    scheme: str
    name: str
    port: int
    host: str
    path: str


def endpoint_of(service: Service, region: str, environ: Mapping[str, str]) -> Endpoint:
    """The endpoint of a service; ValueError where a setting is no http(s) URL."""
    suffix = next((suffix for start, suffix in _SUFFIXES if region.startswith(start)), "amazonaws.com")
    url = f"https://{service.name}.{region}.{suffix}"
    if environ.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() != "true":
        configured = (f"AWS_ENDPOINT_URL_{service.environment_suffix}", "AWS_ENDPOINT_URL")
        url = next((environ[name] for name in configured if environ.get(name)), url)
    parts = urlsplit(url)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is not the http or https URL of an endpoint")
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    host = name if port == _DEFAULT_PORTS[parts.scheme] else f"{name}:{port}"
    return Endpoint(url, parts.scheme, parts.hostname, port, host, parts.path.rstrip("/"))


def region_of(environ: Mapping[str, str]) -> str:
    """The region that Lambda or the user names, else the profile's; NoRegionError where there is none."""
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if not region:
        # Only where no function runs: Lambda always sets AWS_REGION.
        from botocore.session import get_session

        region = get_session().get_config_variable("region")
    if not region:
        raise NoRegionError
    return str(region)
