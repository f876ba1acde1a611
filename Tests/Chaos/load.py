"""Open-loop scoring load: a request at each tick, whatever became of the others.

A process of its own, so that nothing of the test slows it down. Half of the requests come over new connections, half
over kept ones. Half come from a client that never retries, half from one that tries once more when the connection broke
before any byte of an answer, as azure-core and urllib3 do.
"""
import asyncio
import dataclasses
import itertools
import json
import pathlib
import ssl
import subprocess
import sys
import time
import urllib.parse

KEPT_CONNECTIONS = 16


@dataclasses.dataclass
class Request:
    """What became of one request. Times are CLOCK_MONOTONIC, in seconds."""

    start: float
    end: float
    # 0 without an answer
    status: int
    error: str
    # Value of x-sluice-cause
    cause: str
    retries: bool
    kept: bool
    attempts: int
    # Whether the first attempt broke
    broke: bool

    @property
    def is_good(self):
        return self.status == 200 and not self.error

    @property
    def seconds(self):
        return self.end - self.start


class Load:
    """`with Load(...) as load:` sends until the end; then `load.requests` has them all."""

    def __init__(self, uri, key, rate, file, authorities=None, milliseconds=5):
        self._file = pathlib.Path(file)
        self._settings = {
            "uri": uri, "key": key, "rate": rate, "file": str(file), "authorities": authorities, "ms": milliseconds}
        self.requests = []

    def __enter__(self):
        self._process = subprocess.Popen(
            [sys.executable, __file__, json.dumps(self._settings)], stdin=subprocess.PIPE, start_new_session=True)
        self.began = time.monotonic()
        return self

    def __exit__(self, *_):
        # The end of its input ends it, also when this process is killed.
        self._process.stdin.close()
        try:
            self._process.wait(40)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self.requests = self.so_far()
        self._file.unlink(missing_ok=True)

    def so_far(self):
        if not self._file.exists():
            return []
        lines = self._file.read_text().split("\n")[:-1]
        return sorted((Request(*json.loads(line)) for line in lines), key=lambda each: each.start)


class _Broken(Exception):
    """The connection broke; `empty` if no byte of an answer had come."""

    def __init__(self, reason, empty):
        super().__init__(reason)
        self.empty = empty


class _Sender:
    TIMEOUT = 20

    def __init__(self, settings, output):
        address = urllib.parse.urlsplit(settings["uri"])
        self.host, self.port, self.path = address.hostname, address.port, address.path
        self.key, self.rate, self.ms = settings["key"], settings["rate"], settings["ms"]
        self.output = output
        self.context = None
        if address.scheme == "https":
            self.context = ssl.create_default_context(cafile=settings["authorities"])
        self.idle = []

    async def run(self, stop):
        running = set()
        began = time.monotonic()
        for number in itertools.count():
            pause = began + number / self.rate - time.monotonic()
            if pause > 0:
                try:
                    await asyncio.wait_for(asyncio.shield(stop), pause)
                except asyncio.TimeoutError:
                    pass
            if stop.done():
                break
            task = asyncio.create_task(self.send(number))
            running.add(task)
            task.add_done_callback(running.discard)
        if running:
            await asyncio.wait(running, timeout=self.TIMEOUT + 5)
        for _, writer in self.idle:
            writer.transport.abort()

    async def send(self, number):
        retries, kept = bool(number & 1), bool(number & 2)
        start = time.monotonic()
        status, error, cause, attempts, broke = 0, "", "", 0, False
        try:
            while True:
                attempts += 1
                try:
                    status, cause, error = await asyncio.wait_for(self.attempt(number, kept), self.TIMEOUT)
                    break
                except _Broken as broken:
                    broke, error = True, str(broken)
                    if not retries or not broken.empty or attempts == 2:
                        break
        except asyncio.TimeoutError:
            error = "no answer in %d s" % self.TIMEOUT
        record = Request(start, time.monotonic(), status, error, cause, retries, kept, attempts, broke)
        self.output.write(json.dumps(dataclasses.astuple(record)) + "\n")
        self.output.flush()

    async def attempt(self, number, kept):
        reader, writer = await self.connect(kept)
        is_whole = False
        try:
            writer.write(self.message(number, kept))
            status, fields, body = await self.read(reader)
            is_whole = kept and fields.get("connection", "").lower() != "close"
        finally:
            if is_whole and len(self.idle) < KEPT_CONNECTIONS:
                self.idle.append((reader, writer))
            else:
                writer.transport.abort()
        return status, fields.get("x-sluice-cause", ""), self.check(number, status, body)

    def message(self, number, kept):
        body = json.dumps({"n": number, "ms": self.ms}).encode()
        return (
            "POST %s HTTP/1.1\r\nHost: %s:%d\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n"
            "Content-Length: %d\r\nConnection: %s\r\n\r\n"
            % (self.path, self.host, self.port, self.key, len(body), "keep-alive" if kept else "close")).encode() + body

    def check(self, number, status, body):
        """An answer must be the one to this request."""
        if status != 200:
            return body.decode(errors="replace")[:200]
        try:
            return "" if json.loads(body)["n"] == number else "another request's answer: %r" % body[:100]
        except (ValueError, KeyError, TypeError):
            return "not the answer: %r" % body[:100]

    async def connect(self, kept):
        while kept and self.idle:
            reader, writer = self.idle.pop(0)
            # As every client's pool does: a connection that was closed meanwhile is not used.
            if not reader.at_eof() and reader.exception() is None and not writer.transport.is_closing():
                return reader, writer
            writer.transport.abort()
        try:
            return await asyncio.open_connection(self.host, self.port, ssl=self.context)
        except (OSError, ssl.SSLError) as error:
            raise _Broken("connect: %r" % error, True) from None

    async def read(self, reader):
        head = b""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
            body = await reader.readexactly(int(fields.get("content-length", "0")))
        except asyncio.IncompleteReadError as error:
            raise _Broken("closed", not head and not error.partial) from None
        except (OSError, ssl.SSLError) as error:
            raise _Broken(type(error).__name__, not head) from None
        return int(lines[0].split()[1]), fields, body


async def _main(settings):
    loop = asyncio.get_running_loop()
    stop = loop.create_future()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)

    async def watch():
        await reader.read()
        stop.set_result(None)

    watching = asyncio.create_task(watch())
    with open(settings["file"], "w") as output:
        await _Sender(settings, output).run(stop)
    watching.cancel()


if __name__ == "__main__":
    asyncio.run(_main(json.loads(sys.argv[1])))
