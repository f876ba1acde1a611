"""gRPC clients and a gRPC server, both grpcio's, with the router between them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from router import KEY, free_port, table

SERVICE = "sluice.Echo"
METADATA = (("authorization", f"Bearer {KEY}"),)
LARGE = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class Echo:
    """Methods over plain bytes, so nothing has to be compiled."""

    def __init__(self):
        self.release = threading.Event()
        self.inside = threading.Semaphore(0)
        self.cancelled = threading.Event()
        self.metadata = {}
        self.server = grpc.server(ThreadPoolExecutor(32), options=LARGE)
        handlers = {
            "Unary": grpc.unary_unary_rpc_method_handler(self.unary),
            "Fail": grpc.unary_unary_rpc_method_handler(self.fail),
            "Wait": grpc.unary_unary_rpc_method_handler(self.wait),
            "Count": grpc.unary_stream_rpc_method_handler(self.count),
            "Join": grpc.stream_unary_rpc_method_handler(self.join),
            "Chat": grpc.stream_stream_rpc_method_handler(self.chat),
        }
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        self.port = self.server.add_insecure_port("127.0.0.1:0")
        self.server.start()

    def unary(self, request, context):
        self.metadata = dict(context.invocation_metadata())
        context.set_trailing_metadata((("x-trailer", "behind"),))
        return request

    def fail(self, request, context):
        context.set_trailing_metadata((("x-trailer", "behind"),))
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no, because: 100 % ü")

    def wait(self, request, context):
        context.add_callback(self.cancelled.set)
        self.inside.release()
        self.release.wait(20)
        return request

    def count(self, request, context):
        for number in range(int(request)):
            yield b"%d" % number

    def join(self, requests, context):
        return b"".join(requests)

    def chat(self, requests, context):
        for request in requests:
            yield request.upper()


@pytest.fixture
def echo():
    server = Echo()
    yield server
    server.release.set()
    server.server.stop(0).wait()


@pytest.fixture(params=["plain", "TLS"])
def channel(request, echo, router, tls_arguments, certificate_files):
    text = table([echo.port], slots=32, protocol="h2c")
    if request.param == "plain":
        made = grpc.insecure_channel(f"127.0.0.1:{router(text).port}", options=LARGE)
    else:
        credentials = grpc.ssl_channel_credentials((certificate_files / "ca.pem").read_bytes())
        made = grpc.secure_channel(f"localhost:{router(text, *tls_arguments).port}", credentials, options=LARGE)
    with made:
        yield made


def unary(channel, method="Unary"):
    return channel.unary_unary(f"/{SERVICE}/{method}")


def test_unary_with_metadata_and_trailers(channel, echo):
    answer, call = unary(channel).with_call(b"hello", metadata=(*METADATA, ("x-mine", "1")), timeout=20)
    assert answer == b"hello"
    assert dict(call.trailing_metadata())["x-trailer"] == "behind"
    assert dict(call.initial_metadata())["azureml-model-deployment"] == "blue"
    assert echo.metadata["x-mine"] == "1"
    assert "authorization" not in echo.metadata


def test_a_model_fails_with_its_own_status(channel):
    with pytest.raises(grpc.RpcError) as failure:
        unary(channel, "Fail")(b"", metadata=METADATA, timeout=20)
    assert failure.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert failure.value.details() == "no, because: 100 % ü"
    assert dict(failure.value.trailing_metadata())["x-trailer"] == "behind"


def test_server_streaming(channel):
    answers = channel.unary_stream(f"/{SERVICE}/Count")(b"1000", metadata=METADATA, timeout=20)
    assert list(answers) == [b"%d" % number for number in range(1000)]


def test_client_streaming(channel):
    parts = [bytes([number % 256]) * 1000 for number in range(2000)]
    assert channel.stream_unary(f"/{SERVICE}/Join")(iter(parts), metadata=METADATA, timeout=20) == b"".join(parts)


def test_both_sides_talk_in_turns(channel):
    """Each request is made of the answer before it: nothing may wait for the end of either side."""
    said = [b"a"]
    ready = threading.Semaphore(1)

    def requests():
        for _ in range(100):
            assert ready.acquire(timeout=20)
            yield said[-1].lower() + b"b"

    for answer in channel.stream_stream(f"/{SERVICE}/Chat")(requests(), metadata=METADATA, timeout=20):
        said.append(answer)
        ready.release()
    assert said[-1] == b"A" + b"B" * 100


def test_large_messages(channel):
    message = bytes(range(256)) * 40_000
    assert unary(channel)(message, metadata=METADATA, timeout=20) == message


def test_many_calls_at_once(channel):
    calls = [unary(channel).future(b"%d" % n, metadata=METADATA, timeout=20) for n in range(300)]
    assert [call.result() for call in calls] == [b"%d" % n for n in range(300)]


def test_who_has_no_key_is_told_so(channel):
    with pytest.raises(grpc.RpcError) as failure:
        unary(channel)(b"", timeout=20)
    assert failure.value.code() == grpc.StatusCode.UNAUTHENTICATED


def test_an_endpoint_that_is_not_there(echo, router):
    port = router(table([echo.port], protocol="h2c")).port
    options = [("grpc.default_authority", "nobody.example")]
    with grpc.insecure_channel(f"127.0.0.1:{port}", options=options) as channel:
        with pytest.raises(grpc.RpcError) as failure:
            unary(channel)(b"", metadata=METADATA, timeout=20)
    assert failure.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_a_full_queue(echo, router):
    port = router(table([echo.port], slots=1, queue=0, protocol="h2c")).port
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        first = unary(channel, "Wait").future(b"first", metadata=METADATA, timeout=20)
        assert echo.inside.acquire(timeout=20)
        with pytest.raises(grpc.RpcError) as failure:
            unary(channel)(b"", metadata=METADATA, timeout=20)
        assert failure.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert failure.value.details() == "queue-full"
        echo.release.set()
        assert first.result() == b"first"


def test_a_model_that_takes_too_long(echo, router):
    port = router(table([echo.port], slots=1, timeout_ms=200, protocol="h2c")).port
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(grpc.RpcError) as failure:
            unary(channel, "Wait")(b"", metadata=METADATA, timeout=20)
        assert failure.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        # The replica is told, too.
        assert echo.cancelled.wait(20)


def test_a_caller_that_gives_up_leaves_the_slot_to_the_model(echo, router):
    port = router(table([echo.port], slots=1, queue=0, protocol="h2c")).port
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        first = unary(channel, "Wait").future(b"", metadata=METADATA, timeout=20)
        assert echo.inside.acquire(timeout=20)
        first.cancel()
        with pytest.raises(grpc.RpcError) as failure:
            unary(channel)(b"", metadata=METADATA, timeout=20)
        assert failure.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        echo.release.set()
        # The slot is free as soon as the model has answered, which nobody tells: ask until it is.
        for _ in range(1000):
            try:
                assert unary(channel)(b"next", metadata=METADATA, timeout=20) == b"next"
                return
            except grpc.RpcError as failure:
                assert failure.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        pytest.fail("the slot was not given back")


def test_a_replica_that_is_not_there(router):
    port = router(table([free_port()], protocol="h2c")).port
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        with pytest.raises(grpc.RpcError) as failure:
            unary(channel)(b"", metadata=METADATA, timeout=20)
    assert failure.value.code() == grpc.StatusCode.UNAVAILABLE
