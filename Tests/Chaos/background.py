"""Work that goes on while something else happens."""
import threading


class Background:
    """`with` it, `step(number)` is called again and again in a thread, with a pause before each."""

    PAUSE = 0.1
    # Seconds that the last step may take to end.
    LAST_STEP = 60

    def __init__(self):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(self.LAST_STEP)

    def _run(self):
        number = 0
        while not self._stop.wait(self.PAUSE):
            number += 1
            self.step(number)
