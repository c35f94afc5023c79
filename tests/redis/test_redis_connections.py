"""What belongs to one connection: its login, its transaction, its subscriptions, its waiting."""

import socket
import time
from typing import Any

import pytest
import redis

from local.redis.commands.dispatch import COMMANDS, QUEUED_MAX
from tests.redis.conftest import Gateway, ask, serving

NO_PASSWORD = (
    "-ERR AUTH <password> called without any password configured for the default user. "
    "Are you sure your configuration is correct?"
)
WRONG_PASSWORD = "-WRONGPASS invalid username-password pair or user is disabled."


def test_a_transaction_sees_one_moment(gateway: Gateway, client: Any) -> None:
    with client.pipeline(transaction=True) as pipe:
        pipe.llen("bull:payments:wait")
        pipe.zcard("bull:payments:failed")
        pipe.get("asyncpay:jobs")
        found = pipe.execute(raise_on_error=False)
    assert found[:2] == [5, 1]
    assert "WRONGTYPE" in str(found[2])


def test_what_is_wrong_in_a_transaction_discards_it(client: Any) -> None:
    with client.pipeline(transaction=True) as pipe:
        pipe.get("asyncpay:worker")
        pipe.set("asyncpay:worker", "x")
        with pytest.raises(redis.ResponseError, match="read only"):
            pipe.execute()
    assert client.get("asyncpay:worker") == "running"


def test_the_commands_about_the_connection(client: Any) -> None:
    assert client.ping() is True
    assert client.echo("नमस्ते") == "नमस्ते"
    assert client.client_setname("tests") is True
    assert client.client_getname() == "tests"
    assert client.client_id() in {int(line["id"]) for line in client.client_list()}
    assert client.client_info()["name"] == "tests"
    assert client.info()["redis_version"] == "7.2.0"
    assert client.config_get("max*") == {
        "maxclients": "128",
        "maxmemory": "0",
        "maxmemory-policy": "noeviction",
    }
    assert client.command_count() == len(COMMANDS) == len(client.command())


def test_a_transaction_has_an_end(port: int) -> None:
    replies = ask(port, "MULTI", *["PING"] * (QUEUED_MAX + 1), "EXEC", "PING")
    assert replies[1] == "+QUEUED"
    assert replies[-3].startswith(f"-ERR a transaction has at most {QUEUED_MAX} commands")
    assert replies[-2:] == ["-EXECABORT Transaction discarded because of previous errors.", "+PONG"]


def test_without_the_password_nothing_is_told(gateway: Gateway) -> None:
    with serving(gateway, password="open sesame") as port:
        assert ask(port, "GET asyncpay:worker", "MULTI", "PING", "INFO", "HELLO 3") == [
            *["-NOAUTH Authentication required."] * 4,
            ask(port, "HELLO 2")[0],
        ]
        assert ask(port, "HELLO 2")[0].startswith("-NOAUTH HELLO")
        assert ask(port, "AUTH wrong", "AUTH somebody x", "PING")[0].startswith("-WRONGPASS")
        assert gateway.reads == 0
        with redis.Redis(port=port, password="open sesame", protocol=3) as client:
            assert client.get("asyncpay:worker") == b"running"
        with pytest.raises(redis.AuthenticationError), redis.Redis(port=port, password="no") as client:
            client.ping()


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("AUTH x", NO_PASSWORD),
        ("AUTH default x", "+OK"),
        ("AUTH Default x", WRONG_PASSWORD),
        ("AUTH nobody x", WRONG_PASSWORD),
        ("AUTH default x y", "-ERR syntax error"),
        ("AUTH", "-ERR wrong number of arguments for 'auth' command"),
        ("HELLO 3 AUTH default x", "%7"),
        ("HELLO 2 AUTH default x SETNAME me", "*14"),
        ("HELLO 3 AUTH nobody x", WRONG_PASSWORD),
    ],
)
def test_without_a_password_configured_every_password_of_the_default_user_is_right(
    port: int, line: str, reply: str
) -> None:
    # Whichever it was, the connection goes on, as it was authenticated before.
    with redis.Redis(port=port) as client:
        assert ask(port, line)[0] == reply
        assert client.ping() is True


@pytest.mark.parametrize("protocol", [2, 3])
@pytest.mark.parametrize("credentials", ["default:x@", "default:@", ""])
def test_an_address_with_the_default_users_name_connects(port: int, protocol: int, credentials: str) -> None:
    with redis.Redis.from_url(f"redis://{credentials}127.0.0.1:{port}/3", protocol=protocol) as client:
        assert client.get("asyncpay:worker") == b"running"
        assert client.client_info()["db"] == 3


def test_a_failed_login_leaves_who_is_logged_in_and_reset_does_not(gateway: Gateway) -> None:
    with serving(gateway, password="sesame") as port:
        assert ask(port, "AUTH sesame", "AUTH default no", "PING", "RESET", "PING", "RESET") == [
            *["+OK", WRONG_PASSWORD, "+PONG", "+RESET"],
            *["-NOAUTH Authentication required.", "+RESET"],
        ]
        assert ask(port, "HELLO 3 AUTH default no", "PING")[1].startswith("-NOAUTH")


def test_a_client_may_subscribe_and_is_pushed_nothing(client: Any) -> None:
    listener = client.pubsub()
    listener.subscribe("bull:payments:completed")
    listener.psubscribe("bull:*")
    shown = [listener.get_message(timeout=5) for _ in range(2)]
    assert [(message["type"], message["data"]) for message in shown] == [("subscribe", 1), ("psubscribe", 2)]
    listener.unsubscribe()
    listener.punsubscribe()
    shown = [listener.get_message(timeout=5) for _ in range(2)]
    assert [(message["type"], message["data"]) for message in shown] == [
        ("unsubscribe", 1),
        ("punsubscribe", 0),
    ]
    listener.close()


def test_a_subscribed_client_may_send_little_else_in_the_older_protocol(port: int) -> None:
    refused = (
        "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"SUBSCRIBE a\r\nGET b\r\nPING\r\nRESET\r\nGET b\r\nQUIT\r\n")
        with connection.makefile("rb") as file:
            shown = file.read().decode().split("\r\n")[6:]
    assert shown[0].startswith(refused)
    assert shown[1:] == ["*2", "$4", "pong", "$0", "", "+RESET", "$-1", "+OK", ""]


def test_who_waits_for_a_stream_is_told_that_nothing_came_when_the_time_is_over(client: Any) -> None:
    started = time.monotonic()
    assert not client.xread({"bull:payments:events": "$"}, block=50)
    assert 0.05 <= time.monotonic() - started < 5
    assert not client.xread({"bull:payments:events": "0"}, count=1)
    with client.pipeline(transaction=True) as pipe:
        pipe.xread({"bull:payments:events": "$"}, block=3_600_000)
        assert pipe.execute() in ([[]], [{}], [None])


def test_a_transaction_refuses_what_cannot_be_part_of_it(port: int) -> None:
    assert ask(port, "MULTI", "WATCH a", "SUBSCRIBE a", "PING", "EXEC") == [
        "+OK",
        "-ERR WATCH inside MULTI is not allowed",
        "-ERR subscriptions cannot be changed in a transaction here",
        "+QUEUED",
        "*1",
    ]


@pytest.mark.parametrize("last", [b"QUIT\r\n", b"*x\r\n"], ids=["QUIT", "what is no request"])
def test_a_client_that_goes_on_sending_loses_no_last_reply(port: int, last: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(last)
        for _ in range(100):
            connection.sendall(b"x" * 64_000)
        connection.shutdown(socket.SHUT_WR)
        replied = b"".join(iter(lambda: connection.recv(4096), b""))
    assert replied.startswith((b"+OK\r\n", b"-ERR Protocol error"))
