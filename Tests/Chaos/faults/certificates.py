import datetime
import ssl
import time

from authority import Authority
from installation import Installation
from scenario import Bound, scenario

# From the start of the installation to the first renewal, and from each renewal on.
FIRST_LIFE, SECOND_LIFE = 45, 25


class _CertifiedInstallation(Installation):
    def __init__(self, binaries):
        super().__init__(binaries, {"scoring.tls": "true"})
        self.authority = Authority(self._temporary / "authority")
        self.expiry = self.authority.issue(FIRST_LIFE)
        self.settings |= {
            "tls.certificate": str(self.authority.server_certificate), "tls.key": str(self.authority.server_key)}
        self.authorities = str(self.authority.certificate)


def _install(options):
    return _CertifiedInstallation(options.binaries)


@scenario(
    "certificates-expired", "certificate of API and scoring replaced before its end; the next one after its end",
    # The second certificate is let end, and clients refuse it for the five seconds until the third one is there.
    Bound(outage=8, recovery=5, gap=None), install=_install)
def expired(stage):
    installation = stage.installation
    _sleep_until(installation.expiry, -8)
    ends = installation.authority.issue(SECOND_LIFE)
    stage.did("another certificate put in place 8 s before the first one's end")
    _sleep_until(installation.expiry, +4)
    failed = [each for each in stage.load.so_far() if not each.is_good]
    stage.saw("scoring after a timely renewal: %d failures" % len(failed))
    seconds = stage.watch.outage()
    if seconds:
        stage.saw("the API still showed the first certificate after its end")
    _sleep_until(ends, -1)
    with stage.inside():
        _sleep_until(ends, +5)
        installation.authority.issue(3600)
        began = time.monotonic()
        context = ssl.create_default_context(cafile=installation.authorities)
        stage.until(lambda: _scores(stage, context), "scoring with the new certificate", pause=0.05)
        stage.recovered("scoring", began)
        stage.settle(1.5)
    stage.settle(3)
    stage.did("the second one let end, a third put in place 5 s later")
    if not stage.watch.looks[-1][1]:
        began = time.monotonic()
        stage.installation.control_plane.kill()
        stage.installation.up()
        stage.watch.wait_for_answer(began)
        stage.saw("the API showed the new certificate after a restart only")


def _sleep_until(moment, seconds):
    pause = (moment - datetime.datetime.now(datetime.timezone.utc)).total_seconds() + seconds
    if pause > 0:
        time.sleep(pause)


def _scores(stage, context):
    try:
        return stage.world.score({"n": 1}, context=context)
    except OSError:
        return None
