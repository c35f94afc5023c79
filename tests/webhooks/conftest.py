from collections.abc import Callable, Iterator

import pytest

from tests.support.emulator import Emulator
from tests.support.http_calls import Reply, send
from tests.webhooks.post_office import API_SECRET, PostOffice
from tests.webhooks.receiver import Receiver

Api = Callable[..., Reply]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


@pytest.fixture
def post(emulator: Emulator, store: str, secret_arn: str, receiver: Receiver) -> PostOffice:
    """A merchant whose webhooks go to `receiver`, retried after the test gaps."""
    office = PostOffice(emulator, secret_arn)
    office.listen(receiver.url)
    return office


@pytest.fixture
def only_post(emulator: Emulator, empty_store: str, secret_arn: str, receiver: Receiver) -> PostOffice:
    """The same on tables of its own: for what reads across merchants."""
    office = PostOffice(emulator, secret_arn)
    office.listen(receiver.url)
    return office


@pytest.fixture
def api(post: PostOffice, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Calls the API as a merchant; as the one of `post` unless told otherwise."""
    from app import app

    monkeypatch.setattr(app, "dependencies", lambda: post.deps)

    def call(method: str, path: str, *, merchant_id: str | None = None, **options: object) -> Reply:
        keys = {"X-Api-Key": merchant_id or post.merchant.id, "X-Api-Secret": API_SECRET}
        return send(app, method, "/api/v1" + path, headers=keys, **options)  # type: ignore[arg-type]

    return call
