"""Autoscale settings through the unmodified azure-mgmt-monitor: what they keep."""
import json
from datetime import datetime, timedelta

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.mgmt.monitor import models

from .shapes import ENDPOINT, cpu_rules, profile, rule, setting, weekly

VERSION = {"api-version": "2022-10-01"}


class TestLifeOfASetting:
    @pytest.fixture
    def full(self, put, blue):
        """A setting with everything that there is."""
        night = '{"name": "Default", "for": "Night"}'
        return put("full", setting(
            blue, profile("Default", 1, 3, cpu_rules(blue)),
            profile("Sale", 2, 3, fixed_date=models.TimeWindow(
                time_zone="W. Europe Standard Time", start=datetime(2030, 11, 29, 8, 30), end=datetime(2030, 11, 30))),
            profile("Night", 1, 1, recurrence=weekly("Pacific Standard Time", ["Saturday", "Sunday"], [22], [30])),
            profile(night, 1, 3, recurrence=weekly("Pacific Standard Time", ["Sunday", "Monday"], [6], [0])),
            tags={"team": "pricing"}, name_properties_name="Prices", target_resource_location="local",
            notifications=[models.AutoscaleNotification(
                email=models.EmailNotification(
                    send_to_subscription_administrator=True, custom_emails=["a@example.org", "b@example.org"]),
                webhooks=[models.WebhookNotification(
                    service_uri="https://example.org/hook", properties={"room": "7"})])]))

    def test_new_setting_reads_back_as_it_was_asked_for(self, autoscale_settings, group, full, blue):
        got = autoscale_settings.get(group, "full")
        assert got.as_dict() == full.as_dict()
        assert (got.name, got.type) == ("full", "Microsoft.Insights/autoscaleSettings")
        assert (got.location, got.tags) == ("local", {"team": "pricing"})
        assert got.id.lower().endswith(
            "/resourcegroups/%s/providers/microsoft.insights/autoscalesettings/full" % group.lower())
        assert got.target_resource_uri == blue and got.target_resource_location == "local"
        assert got.name_properties_name == "Prices"
        assert got.system_data.created_at and got.system_data.created_by == got.system_data.last_modified_by
        # Nobody asked for it.
        assert got.enabled is False

    def test_profiles(self, full):
        default, sale, night, day = full.profiles
        assert [each.name for each in full.profiles[:3]] == ["Default", "Sale", "Night"]
        assert json.loads(day.name) == {"name": "Default", "for": "Night"}
        assert default.capacity.as_dict() == {"minimum": "1", "maximum": "3", "default": "1"}
        assert (default.fixed_date, default.recurrence, sale.recurrence, night.fixed_date) == (None,) * 4
        assert sale.fixed_date.time_zone == "W. Europe Standard Time"
        assert sale.fixed_date.start.replace(tzinfo=None) == datetime(2030, 11, 29, 8, 30)
        assert sale.rules == []
        assert night.recurrence.as_dict() == {"frequency": "Week", "schedule": {
            "time_zone": "Pacific Standard Time", "days": ["Saturday", "Sunday"], "hours": [22], "minutes": [30]}}

    def test_rules(self, full, blue):
        out, back = full.profiles[0].rules
        trigger = out.metric_trigger
        assert (trigger.metric_name, trigger.metric_resource_uri) == ("CpuUtilizationPercentage", blue)
        assert (trigger.time_grain, trigger.time_window) == (timedelta(minutes=1), timedelta(minutes=10))
        assert (trigger.statistic, trigger.time_aggregation) == ("Average", "Average")
        assert (trigger.operator, trigger.threshold) == ("GreaterThan", 70)
        assert out.scale_action.as_dict() == {
            "direction": "Increase", "type": "ChangeCount", "value": "2", "cooldown": "PT5M"}
        assert (back.metric_trigger.operator, back.metric_trigger.threshold) == ("LessThan", 25)
        assert (back.scale_action.direction, back.scale_action.value) == ("Decrease", "1")

    def test_notifications(self, full):
        (notification,) = full.notifications
        assert notification.operation == "Scale"
        assert notification.email.send_to_subscription_administrator is True
        assert notification.email.send_to_subscription_co_administrators is False
        assert notification.email.custom_emails == ["a@example.org", "b@example.org"]
        (hook,) = notification.webhooks
        assert (hook.service_uri, hook.properties) == ("https://example.org/hook", {"room": "7"})

    def test_lists(self, autoscale_settings, group, full):
        for listed in autoscale_settings.list_by_resource_group(group), autoscale_settings.list_by_subscription():
            (found,) = [each for each in listed if each.name == "full"]
            assert found.as_dict() == full.as_dict()

    def test_lists_of_an_absent_group(self, autoscale_settings):
        with pytest.raises(ResourceNotFoundError) as caught:
            list(autoscale_settings.list_by_resource_group("absent"))
        assert caught.value.error.code == "ResourceGroupNotFound"

    def test_put_of_what_get_answered_changes_nothing(self, autoscale_settings, group, full, put, arm):
        before = arm.get(full.id, params=VERSION).json()
        assert put("full", autoscale_settings.get(group, "full")).as_dict() == full.as_dict()
        assert arm.get(full.id, params=VERSION).json() == before

    def test_put_replaces(self, full, put, blue):
        changed = put("full", setting(blue, profile("Only", 1, 2), enabled=True))
        assert [each.name for each in changed.profiles] == ["Only"]
        assert changed.enabled is True
        assert not changed.tags and not changed.notifications
        assert changed.system_data.created_at == full.system_data.created_at

    def test_patch_of_tags(self, autoscale_settings, group, full):
        # The model says that enabled is false unless it is told otherwise.
        patch = models.AutoscaleSettingResourcePatch(tags={"a": "b"}, enabled=None)
        patched = autoscale_settings.update(group, "full", patch)
        assert patched.tags == {"a": "b"}
        assert [each.as_dict() for each in patched.profiles] == [each.as_dict() for each in full.profiles]
        assert autoscale_settings.get(group, "full").tags == {"a": "b"}

    def test_patch_of_enabled(self, autoscale_settings, group, full):
        for flag in True, False:
            patched = autoscale_settings.update(group, "full", models.AutoscaleSettingResourcePatch(enabled=flag))
            assert patched.enabled is autoscale_settings.get(group, "full").enabled is flag
            assert (patched.tags, len(patched.profiles)) == ({"team": "pricing"}, 4)

    def test_patch_of_profiles(self, autoscale_settings, group, full, blue):
        patched = autoscale_settings.update(group, "full", models.AutoscaleSettingResourcePatch(
            profiles=[profile("New", 1, 2)], target_resource_uri=blue, enabled=None))
        assert [each.name for each in patched.profiles] == ["New"]
        assert patched.tags == {"team": "pricing"}

    def test_names_have_no_case(self, autoscale_settings, group, full):
        assert autoscale_settings.get(group.upper(), "FULL").id == full.id

    def test_delete(self, autoscale_settings, group, full):
        autoscale_settings.delete(group, "full")
        with pytest.raises(ResourceNotFoundError, match="full") as caught:
            autoscale_settings.get(group, "full")
        assert caught.value.error.code == "ResourceNotFound"
        assert "full" not in [each.name for each in autoscale_settings.list_by_resource_group(group)]
        autoscale_settings.delete(group, "full")

    def test_patch_of_what_is_not_there(self, autoscale_settings, group):
        with pytest.raises(ResourceNotFoundError):
            autoscale_settings.update(group, "absent", models.AutoscaleSettingResourcePatch(enabled=True))

    def test_statuses(self, full, arm):
        body = arm.get(full.id, params=VERSION).json()
        assert [arm.put(full.id, json=body, params=VERSION).status_code for _ in range(2)] == [200, 200]
        assert [arm.delete(full.id, params=VERSION).status_code for _ in range(2)] == [200, 204]
        assert [arm.put(full.id, json=body, params=VERSION).status_code for _ in range(2)] == [201, 200]

    @pytest.mark.parametrize("version", ["2014-04-01", "2015-04-01", "2021-05-01-preview", "2022-10-01"])
    def test_versions(self, full, arm, version):
        assert arm.get(full.id, params={"api-version": version}).json()["properties"]["targetResourceUri"]

    def test_steps_of_the_documentation(self, autoscale_settings, group, ml, put, blue):
        """How-to "Autoscale online endpoints": a dictionary with the model's names, and numbers for texts."""
        deployment = ml.online_deployments.get("blue", ENDPOINT)
        house = ml.online_endpoints.get(ENDPOINT)
        latency = rule("RequestLatency", house.properties["azureml.onlineendpointid"], value=2)
        put("steps", setting(deployment.id, profile("first", 1, 5)))
        made = autoscale_settings.create_or_update(group, "steps", parameters={
            "location": house.location, "target_resource_uri": deployment.id, "profiles": [models.AutoscaleProfile(
                name="my-scale-settings", capacity={"minimum": 1, "maximum": 5, "default": 1},
                rules=[rule("CpuUtilizationPercentage", deployment.id, value=2), latency])]})
        assert made.profiles[0].capacity.as_dict() == {"minimum": "1", "maximum": "5", "default": "1"}
        assert [each.scale_action.value for each in made.profiles[0].rules] == ["2", "2"]


class TestMetrics:
    @pytest.mark.parametrize("name", [
        "CpuUtilizationPercentage", "CpuMemoryUtilizationPercentage", "DeploymentCapacity", "RequestsPerMinute",
        "RequestLatency_P95", "cpuutilizationpercentage"])
    def test_of_the_deployment(self, put, blue, name):
        made = put("metric", setting(blue, profile("p", 1, 2, [rule(name, blue)])))
        assert made.profiles[0].rules[0].metric_trigger.metric_name.lower() == name.lower()

    @pytest.mark.parametrize("name", ["RequestLatency", "RequestLatency_P99", "RequestsPerMinute"])
    def test_of_the_endpoint(self, put, blue, house, name):
        # Scripts find the endpoint's id in lower case.
        made = put("metric", setting(blue, profile("p", 1, 2, [rule(name, house.lower(), divide_per_instance=True)])))
        trigger = made.profiles[0].rules[0].metric_trigger
        assert (trigger.metric_resource_uri, trigger.divide_per_instance) == (house.lower(), True)
