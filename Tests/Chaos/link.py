"""A link to a PostgreSQL on which responses get lost and connections fall silent."""
import random
import socket
import struct
import threading

from postgres import Server

SEED = 16
# Responses to what writes; within a transaction all but the last one's loss undoes it.
_WRITES = (b"COMMIT", b"INSERT", b"UPDATE", b"DELETE")


class LinkedServer:
    """A server behind links; a control plane uses the first one."""

    def __init__(self, directory):
        self.server, self.links = Server(directory), []

    @property
    def url(self):
        return self.links[0].url

    def start(self):
        self.server.start()
        self.connect()

    def connect(self):
        """Another link to the server."""
        self.links.append(Link(("127.0.0.1", self.server.port), SEED))
        return self.links[-1]

    def stop(self):
        for link in self.links:
            link.close()
        self.server.stop()


class Link:
    """Listens on `port` and passes every connection on to the server at `target`, without TLS.

    What it loses it loses once the server has done it: it waits until the server is ready for the next query, and closes
    the connection in place of the response.
    """

    def __init__(self, target, seed):
        self._target = target
        self._random = random.Random(seed)
        self._lock = threading.Lock()
        self._share = 0.0
        # Tag of the response, such as COMMIT, to how often it was lost.
        self.lost = {}
        self._pairs = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return "postgresql://sluice@127.0.0.1:%d/postgres?sslmode=disable&gssencmode=disable" % self.port

    def close(self):
        # Closed alone it would go on waiting.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for pair in self._present():
            pair.close()

    def lose(self, share):
        """Loses this share of the responses to writes from now on; 0 ends it."""
        with self._lock:
            self._share = share

    def stall(self, port):
        """Lets every second of the connections that are there, and the one that the server sees at a port, say and hear
        nothing; answers how many."""
        present = self._present()
        chosen = present[::2] + [pair for pair in present[1::2] if pair.port == port]
        for pair in chosen:
            pair.moves.clear()
        return len(chosen)

    def resume(self):
        for pair in self._present():
            pair.moves.set()

    @property
    def ports(self):
        """What the server sees of the connections that are there."""
        return {pair.port for pair in self._present()}

    def is_lost(self, tag):
        """Whether the response with this tag gets lost."""
        word = tag.split(b" ")[0].rstrip(b"\0")
        with self._lock:
            if word not in _WRITES or self._random.random() >= self._share:
                return False
            self.lost[word.decode()] = self.lost.get(word.decode(), 0) + 1
            return True

    def forget(self, pair):
        with self._lock:
            if pair in self._pairs:
                self._pairs.remove(pair)

    def _present(self):
        with self._lock:
            return list(self._pairs)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._target, timeout=5)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = _Pair(self, client, server)
            with self._lock:
                self._pairs.append(pair)
            pair.start()


class _Pair:
    """One connection: a client's end and the server's."""

    def __init__(self, link, client, server):
        self._link, self._client, self._server = link, client, server
        self.port = server.getsockname()[1]
        self.moves = threading.Event()
        self.moves.set()

    def start(self):
        for run in (self._forward, self._answer):
            threading.Thread(target=self._guard, args=(run,), daemon=True).start()

    def close(self):
        self.moves.set()
        self._link.forget(self)
        for end in (self._client, self._server):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the peer was first
            end.close()

    def _guard(self, run):
        try:
            run()
        except OSError:
            pass  # either end has gone, and so the other goes
        self.close()

    def _forward(self):
        while data := self._client.recv(65536):
            self.moves.wait()
            self._server.sendall(data)

    def _answer(self):
        """The server's messages: a type, four bytes of length with themselves, a body."""
        buffer, is_losing = bytearray(), False
        while data := self._server.recv(65536):
            self.moves.wait()
            buffer += data
            passed = bytearray()
            while len(buffer) >= 5 and len(buffer) >= (size := 1 + struct.unpack_from("!I", buffer, 1)[0]):
                kind, body = buffer[:1], bytes(buffer[5:size])
                is_losing = is_losing or kind == b"C" and self._link.is_lost(body)
                if is_losing and kind == b"Z":
                    return
                if not is_losing:
                    passed += buffer[:size]
                del buffer[:size]
            self._client.sendall(passed)
