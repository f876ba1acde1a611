"""WebSockets with the package websockets on both ends."""

import asyncio
import ssl

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

from router import KEY, table

HEADERS = {"Authorization": f"Bearer {KEY}"}


async def answer(connection):
    async for message in connection:
        if message == "close":
            await connection.close(4001, "as asked")
        elif message == "ping":
            await (await connection.ping())
            await connection.send("pong")
        else:
            await connection.send(message)


def choose(_, offered):
    return "scores" if "scores" in offered else None


@pytest.fixture(params=["plain", "TLS"])
def run(request, router, tls_arguments, certificate_files):
    """Runs a test's coroutine with what opens a socket to the replica, through a router."""

    async def serve_and_run(test):
        async with serve(answer, "127.0.0.1", 0, select_subprotocol=choose, max_size=None) as replica:
            text = table([replica.sockets[0].getsockname()[1]])
            if request.param == "plain":
                url, context = f"ws://127.0.0.1:{router(text).port}", None
            else:
                url = f"wss://localhost:{router(text, *tls_arguments).port}"
                context = ssl.create_default_context(cafile=certificate_files / "ca.pem")

            def open_socket(headers=HEADERS, **options):
                return connect(f"{url}/stream", ssl=context, additional_headers=headers, proxy=None, **options)

            await asyncio.wait_for(test(open_socket), 60)

    return lambda test: asyncio.run(serve_and_run(test))


def test_messages_come_back_as_they_went(run):
    async def test(open_socket):
        async with open_socket(max_size=None) as connection:
            for message in ["hello", b"\x00\xff", "", "ü" * 100_000, bytes(range(256)) * 20_000]:
                await connection.send(message)
                assert await connection.recv() == message

    run(test)


def test_pings_go_both_ways(run):
    async def test(open_socket):
        async with open_socket() as connection:
            await (await connection.ping())
            await connection.send("ping")
            assert await connection.recv() == "pong"

    run(test)


def test_the_code_of_a_close_comes_through(run):
    async def test(open_socket):
        async with open_socket() as connection:
            await connection.send("close")
            with pytest.raises(ConnectionClosed) as closed:
                await connection.recv()
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4001, "as asked")

    run(test)


def test_subprotocols_are_agreed_on(run):
    async def test(open_socket):
        async with open_socket(subprotocols=["other", "scores"]) as connection:
            assert connection.subprotocol == "scores"
            assert connection.response.headers["azureml-model-deployment"] == "blue"

    run(test)


def test_who_has_no_key_is_refused(run):
    async def test(open_socket):
        with pytest.raises(InvalidStatus) as refused:
            await open_socket(headers={})
        assert refused.value.response.status_code == 401

    run(test)


def test_as_many_as_there_are_slots_and_the_next_one_waits(run):
    async def test(open_socket):
        connections = await asyncio.gather(*(open_socket() for _ in range(8)))
        late = asyncio.ensure_future(open_socket())
        for number, connection in enumerate(connections):
            await connection.send(str(number))
        assert [await connection.recv() for connection in connections] == [str(number) for number in range(8)]
        assert not late.done()
        await connections[0].close()
        connections[0] = await late
        for connection in connections:
            await connection.close()

    run(test)
