"""For how many days webhooks are kept stays as it is when a stage goes back to an earlier release, and on."""

import json
from dataclasses import asdict
from io import BytesIO
from typing import Any

import pytest

from infra.ops.deploy.releases import Release, webhooks_kept_days, with_webhooks_kept
from infra.ops.deploy.stage_settings import NOTHING, Deployed
from infra.ops.deploy.target import Target
from infra.ops.settings import ROOT, Settings

NOW = Deployed({"WebhooksKeptDays": "90"}, {})
BEFORE_IT_WAS_KNOWN = Deployed({"LogLevel": "INFO"}, {})


def release(name: str, **parameters: str) -> Release:
    return Release(
        name, "0.3.0", 3, "20260101T000000Z", "https://s3/template", {"LogLevel": "INFO"} | parameters
    )


class Bucket:
    """The releases that are kept, the oldest first; stands for S3's client."""

    def __init__(self, *kept: Release) -> None:
        self._kept = {f"releases/shop/{number}.json": each for number, each in enumerate(kept)}

    def get_paginator(self, _name: str) -> "Bucket":
        return self

    def paginate(self, **_asked: str) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": key} for key in self._kept]}]

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - as boto3 names them
        assert Bucket
        return {"Body": BytesIO(json.dumps(asdict(self._kept[Key])).encode())}


def target_with(*kept: Release) -> Target:
    return Target(
        settings=Settings.read({}, ROOT),
        stage="live",
        stack="shop",
        account="123456789012",
        region="ap-south-1",
        endpoint="",
        aws=lambda service: Bucket(*kept) if service == "s3" else pytest.fail(service),
    )


def test_a_release_that_is_gone_back_to_keeps_webhooks_for_as_long_as_now() -> None:
    back = with_webhooks_kept(release("a", WebhooksKeptDays="0"), NOW)
    assert back == release("a", WebhooksKeptDays="90")


def test_a_release_that_knows_nothing_of_it_is_not_told() -> None:
    assert with_webhooks_kept(release("a"), NOW) == release("a")
    assert with_webhooks_kept(release("a", WebhooksKeptDays="60"), BEFORE_IT_WAS_KNOWN).parameters[
        "WebhooksKeptDays"
    ] == ("60")


def test_what_is_deployed_says_for_how_long_webhooks_are_kept() -> None:
    target = target_with(release("a", WebhooksKeptDays="30"))
    assert webhooks_kept_days(target, NOW) == 90
    assert webhooks_kept_days(target, Deployed({"WebhooksKeptDays": "0"}, {})) == 0
    assert webhooks_kept_days(target, NOTHING) == 0


def test_after_a_release_that_knows_nothing_of_it_the_newest_that_does_says_so() -> None:
    kept = (release("a", WebhooksKeptDays="30"), release("b", WebhooksKeptDays="90"), release("c"))
    assert webhooks_kept_days(target_with(*kept), BEFORE_IT_WAS_KNOWN) == 90
    assert webhooks_kept_days(target_with(release("c")), BEFORE_IT_WAS_KNOWN) == 0
