"""Something that a scoring script waits for: it sees no file of the host, but the network is open to it."""
import socket


class Door:
    """A loopback port that refuses connections until it is opened."""

    def __init__(self):
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]

    def open(self):
        self._socket.listen(64)

    @property
    def script(self):
        """A scoring script whose `init` waits at the door."""
        return (
            "import socket, time\n\n\ndef init():\n    while True:\n        try:\n"
            f"            return socket.create_connection(('127.0.0.1', {self.port})).close()\n"
            "        except OSError:\n            time.sleep(0.1)\n\n\ndef run(data):\n    return data\n")
