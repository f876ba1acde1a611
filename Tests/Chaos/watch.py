"""Asks the API for a resource ten times a second, to tell how long it was not there."""
import http.client
import time

from api import Refused
from background import Background


class Watch(Background):
    LAST_STEP = 30
    TIMEOUT = 1.0

    def __init__(self, api):
        super().__init__()
        self._api = api
        # (time when asked, whether it was answered)
        self.looks = []

    def step(self, number):
        asked = time.monotonic()
        try:
            self._api.get(self._api.workspace, timeout=self.TIMEOUT)
            self.looks.append((asked, True))
        except (OSError, http.client.HTTPException, Refused, ValueError):
            self.looks.append((asked, False))

    def wait_for_answer(self, since, deadline=60):
        """When the API answered a question that was asked after `since`."""
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            for asked, is_good in reversed(self.looks):
                if is_good and asked >= since:
                    return asked
            time.sleep(0.02)
        raise TimeoutError("the API did not answer within %d s" % deadline)

    def outage(self):
        """Seconds from the first look that failed to the next one that succeeded, the longest of them."""
        longest, since = 0.0, None
        for asked, is_good in self.looks:
            if not is_good and since is None:
                since = asked
            if is_good and since is not None:
                longest, since = max(longest, asked - since), None
        if since is not None:
            longest = max(longest, time.monotonic() - since)
        return longest
