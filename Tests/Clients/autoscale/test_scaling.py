"""What autoscale settings do to the instances of a deployment."""
from datetime import datetime, timedelta, timezone

import pytest
from azure.mgmt.monitor import models

from support import eventually, finish

from .shapes import ENDPOINT, cpu_rules, profile, setting, weekly


class TestScaling:
    @pytest.fixture
    def count(self, ml):
        return lambda: ml.online_deployments.get("blue", ENDPOINT).instance_count

    @pytest.fixture
    def history(self, arm, blue):
        return lambda: arm.get(blue + "/scalingHistory").json()["value"]

    def test_profile_in_force(self, put, autoscale_settings, group, blue, count, history):
        """In force is the one of this hour in Tokyo, where it is another hour than here."""
        assert count() == 1
        local = datetime.now(timezone.utc).replace(tzinfo=None) + timedelta(hours=9)
        now = models.TimeWindow(
            time_zone="Tokyo Standard Time", start=local - timedelta(hours=1), end=local + timedelta(hours=1))
        made = put("hours", setting(
            blue, profile("Default", 1, 3, cpu_rules(blue)), profile("Rush", 2, 3, fixed_date=now), enabled=True))
        eventually(lambda: count() == 2, 60)
        entry = history()[0]
        assert (entry["from"], entry["to"]) == (1, 2)
        assert entry["reason"] in ("Minimum", "Profile")
        assert entry["decidedBy"] == made.id
        assert (entry["inputs"]["profile"], entry["inputs"]["minimum"]) == ("Rush", 2)

        # A maximum below what is there takes some away.
        put("hours", setting(blue, profile("Default", 1, 1), enabled=True))
        eventually(lambda: count() == 1, 60)
        assert (history()[0]["reason"], history()[0]["inputs"]["profile"]) == ("Maximum", "Default")

    def test_what_is_switched_off_does_nothing(self, put, autoscale_settings, group, blue, green, ml, count):
        put("off", setting(blue, profile("p", 2, 3)))
        # By the time that another one has scaled, this one would have.
        put("on", setting(green, profile("p", 2, 3), enabled=True))
        eventually(lambda: ml.online_deployments.get("green", ENDPOINT).instance_count == 2, 60)
        assert count() == 1

    def test_week_in_force(self, put, blue, count, history):
        """The profile that began last, at midnight somewhere, beats the one without a schedule."""
        days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
        daily = weekly("India Standard Time", days, [0], [0])
        put("week", setting(blue, profile("Default", 1, 1), profile("Daily", 2, 2, recurrence=daily), enabled=True))
        eventually(lambda: count() == 2, 60)
        assert history()[0]["inputs"]["profile"] == "Daily"

    def test_deleted_deployment_leaves_its_setting(self, deploy, put, autoscale_settings, group, ml):
        passing = deploy("passing")
        put("orphan", setting(passing, profile("p", 1, 2, cpu_rules(passing)), enabled=True))
        finish(ml.online_deployments.begin_delete("passing", ENDPOINT))
        assert autoscale_settings.get(group, "orphan").target_resource_uri == passing
        autoscale_settings.delete(group, "orphan")
