"""Autoscale settings through the unmodified azure-mgmt-monitor: what they keep, refuse and do."""
import copy
import json
from datetime import datetime, timedelta, timezone

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.monitor import models

from support import doubler, eventually, finish

ENDPOINT = "autoscaled"
VERSION = {"api-version": "2022-10-01"}


@pytest.fixture(scope="module")
def house(ml, make_endpoint):
    """The id of an endpoint; all its deployments are gone at the end."""
    yield make_endpoint(ENDPOINT).id
    finish(ml.online_endpoints.begin_delete(ENDPOINT))


@pytest.fixture(scope="module")
def deploy(ml, house, environment, model):
    def deploy(name):
        finish(ml.online_deployments.begin_create_or_update(doubler(ENDPOINT, name, environment)))
        return "%s/deployments/%s" % (house, name)

    return deploy


@pytest.fixture(scope="module")
def blue(deploy):
    return deploy("blue")


@pytest.fixture(scope="module")
def green(deploy):
    return deploy("green")


@pytest.fixture
def put(autoscale_settings, group):
    """Creates settings, from models or from JSON, and takes them away after the test."""
    names = set()

    def put(name, body):
        names.add(name)
        sent = json.dumps(body).encode() if isinstance(body, dict) else body
        return autoscale_settings.create_or_update(group, name, sent)

    yield put
    for name in names:
        autoscale_settings.delete(group, name)


@pytest.fixture
def refusal(autoscale_settings, group):
    """What is wrong with a setting."""
    def refusal(body, status=400):
        with pytest.raises(HttpResponseError) as caught:
            autoscale_settings.create_or_update(group, "refused", json.dumps(body).encode())
        assert caught.value.status_code == status
        with pytest.raises(ResourceNotFoundError):
            autoscale_settings.get(group, "refused")
        return caught.value

    return refusal


def problems(error):
    """Code, JSON path and message of the details, or of the error itself when it has none."""
    body = json.loads(error.response.text())["error"]
    return [(each["code"], each.get("target"), each["message"]) for each in body.get("details") or [body]]


def places(error):
    return [(code, target) for code, target, _ in problems(error)]


def rule(metric, source, operator="GreaterThan", threshold=70, direction="Increase", value="1", **trigger):
    return models.ScaleRule(
        metric_trigger=models.MetricTrigger(
            metric_name=metric, metric_resource_uri=source, operator=operator, threshold=threshold,
            statistic="Average", time_aggregation="Average", time_grain=timedelta(minutes=1),
            time_window=timedelta(minutes=10), **trigger),
        scale_action=models.ScaleAction(
            direction=direction, type="ChangeCount", value=value, cooldown=timedelta(minutes=5)))


def profile(name, minimum, maximum, rules=(), **schedule):
    return models.AutoscaleProfile(
        name=name, rules=list(rules), **schedule,
        capacity=models.ScaleCapacity(minimum=str(minimum), maximum=str(maximum), default=str(minimum)))


def weekly(zone, days, hours, minutes):
    return models.Recurrence(frequency="Week", schedule=models.RecurrentSchedule(
        time_zone=zone, days=days, hours=hours, minutes=minutes))


def setting(target, *profiles, **members):
    return models.AutoscaleSettingResource(
        location="local", target_resource_uri=target, profiles=list(profiles), **members)


def cpu_rules(deployment):
    return [rule("CpuUtilizationPercentage", deployment, value="2"),
            rule("CpuUtilizationPercentage", deployment, "LessThan", 25, "Decrease")]


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


class TestRefusals:
    @pytest.fixture(scope="class")
    def good(self, blue):
        return setting(blue, profile("p", 1, 3, cpu_rules(blue))).serialize()

    DATE = {"timeZone": "UTC", "start": "2030-01-01T00:00:00Z", "end": "2030-01-02T00:00:00Z"}
    WEEK = {"timeZone": "UTC", "days": ["Monday"], "hours": [0], "minutes": [0]}

    @pytest.mark.parametrize("place, value, target, words", [
        ("capacity.minimum", "4", None, ["4", "3"]),
        ("capacity.minimum", "few", None, ["integer"]),
        ("capacity.maximum", "many", None, ["integer"]),
        ("capacity.maximum", "-1", None, ["-1"]),
        ("capacity.default", "9", None, ["9"]),
        ("capacity.default", None, None, ["required"]),
        ("name", None, None, ["required"]),
        ("rules", lambda profile: profile["rules"][:1] * 11, None, ["10", "11"]),
        ("rules.0.scaleAction.cooldown", "PT59S", None, ["PT59S"]),
        ("rules.0.scaleAction.cooldown", "P8D", None, ["PT168H"]),
        ("rules.0.scaleAction.cooldown", "soon", None, ["soon"]),
        ("rules.1.scaleAction.direction", "Sideways", None, ["Sideways", "Increase"]),
        ("rules.1.scaleAction.value", "0", None, ["0"]),
        ("rules.0.metricTrigger.timeWindow", "PT4M59S", None, ["PT4M59S"]),
        ("rules.0.metricTrigger.timeWindow", "PT12H1S", None, ["PT12H1S"]),
        ("rules.0.metricTrigger.timeGrain", "PT30S", None, ["PT30S"]),
        ("rules.0.metricTrigger.operator", "Above", None, ["Above", "GreaterThan"]),
        ("rules.0.metricTrigger.threshold", "much", None, ["number"]),
        ("rules.1.metricTrigger.metricName", "CpuUse", None, ["CpuUse", "CpuUtilizationPercentage"]),
        ("fixedDate", {**DATE, "timeZone": "Mars Standard Time"}, "fixedDate.timeZone", ["Mars Standard Time"]),
        ("fixedDate", {**DATE, "start": "tomorrow"}, "fixedDate.start", ["tomorrow"]),
        ("fixedDate", {**DATE, "end": "2029-12-31T00:00:00Z"}, "fixedDate.end", ["start"]),
        ("recurrence", {"frequency": "Month", "schedule": WEEK}, "recurrence.frequency", ["Month", "Week"]),
        ("recurrence", {"frequency": "Week", "schedule": {**WEEK, "timeZone": "Berlin"}},
         "recurrence.schedule.timeZone", ["Berlin"]),
        ("recurrence", {"frequency": "Week", "schedule": {**WEEK, "days": ["Monday", "Funday"]}},
         "recurrence.schedule.days[1]", ["Funday"]),
        ("recurrence", {"frequency": "Week", "schedule": {**WEEK, "hours": [24]}},
         "recurrence.schedule.hours[0]", ["23"]),
        ("recurrence", {"frequency": "Week", "schedule": {**WEEK, "hours": [0, 12]}},
         "recurrence.schedule.hours", ["only one"]),
        ("recurrence", {"frequency": "Week", "schedule": {**WEEK, "minutes": [0, 30]}},
         "recurrence.schedule.minutes", ["only one"]),
    ])
    def test_of_a_profile(self, refusal, good, place, value, target, words):
        body = copy.deepcopy(good)
        written = body["properties"]["profiles"][0]
        *way, last = [int(word) if word.isdigit() else word for word in place.split(".")]
        holder = written
        for word in way:
            holder = holder[word]
        holder[last] = value(written) if callable(value) else value
        text = target or place.replace(".0.", "[0].").replace(".1.", "[1].")
        error = refusal(body)
        ((code, path, message),) = problems(error)
        assert (code, path) == ("InvalidRequestContent", "$.properties.profiles[0]." + text)
        assert all(word in message for word in words), message
        assert message in str(error)

    def test_number_of_profiles(self, refusal, good):
        for count in 0, 21:
            body = copy.deepcopy(good)
            body["properties"]["profiles"] *= count
            assert places(refusal(body)) == [("InvalidRequestContent", "$.properties.profiles")]

    def test_what_must_be_there(self, refusal, good):
        body = copy.deepcopy(good)
        del body["location"], body["properties"]["targetResourceUri"]
        assert {path for _, path in places(refusal(body))} == {"$.location", "$.properties.targetResourceUri"}

    def test_all_at_once(self, refusal, good):
        body = copy.deepcopy(good)
        first = body["properties"]["profiles"][0]
        first["capacity"]["minimum"] = "few"
        first["rules"][0]["scaleAction"]["cooldown"] = "PT1S"
        first["rules"][1]["metricTrigger"]["timeWindow"] = "PT1S"
        place = "$.properties.profiles[0]."
        error = refusal(body)
        assert sorted(path for _, path in places(error)) == [
            place + "capacity.minimum", place + "rules[0].scaleAction.cooldown",
            place + "rules[1].metricTrigger.timeWindow"]
        assert json.loads(error.response.text())["error"]["code"] == "InvalidRequestContent"

    def test_metric_of_another_resource(self, refusal, blue, green, house):
        place = "$.properties.profiles[0].rules[0].metricTrigger."
        for metric, source, member in [
            ("CpuUtilizationPercentage", green, "metricResourceUri"),
            ("CpuUtilizationPercentage", house + "-2", "metricResourceUri"),
            # An endpoint has no processors.
            ("CpuUtilizationPercentage", house, "metricName"),
        ]:
            error = refusal(setting(blue, profile("p", 1, 2, [rule(metric, source)])).serialize())
            assert places(error) == [("InvalidRequestContent", place + member)]

    def test_target_that_is_no_deployment(self, refusal, house):
        for target in house, house.rsplit("/", 2)[0], "blue":
            error = refusal(setting(target, profile("p", 1, 2)).serialize())
            assert places(error) == [("InvalidRequestContent", "$.properties.targetResourceUri")]

    def test_target_that_is_not_there(self, refusal, house):
        for target in house + "/deployments/absent", house + "-2/deployments/blue":
            error = refusal(setting(target, profile("p", 1, 2)).serialize())
            assert places(error) == [("BadArgument", "$.properties.targetResourceUri")]
            assert "absent" in str(error) or ENDPOINT + "-2" in str(error)

    def test_names(self, autoscale_settings, group, blue):
        with pytest.raises(HttpResponseError) as caught:
            autoscale_settings.create_or_update(group, "a<b", setting(blue, profile("p", 1, 2)))
        assert (caught.value.status_code, caught.value.error.code) == (400, "InvalidResourceName")


class TestOneScaler:
    def test_two_settings_for_a_deployment(self, put, refusal, blue):
        put("first", setting(blue, profile("p", 1, 2)))
        error = refusal(setting(blue.upper(), profile("p", 1, 2)).serialize(), status=409)
        assert places(error) == [("Conflict", "$.properties.targetResourceUri")]

    def test_setting_and_utilization(self, put, refusal, autoscale_settings, group, arm, green):
        def scale(settings):
            body = arm.get(green).json()
            body["properties"]["scaleSettings"] = settings
            answer = arm.put(green, json=body)
            if answer.status_code < 300:
                eventually(lambda: arm.get(green).json()["properties"]["provisioningState"] == "Succeeded", 60)
            return answer

        by_load = {"scaleType": "TargetUtilization", "minInstances": 1, "maxInstances": 2}
        wanted = setting(green, profile("p", 1, 2), enabled=True)
        put("rules", wanted)
        refused = scale(by_load)
        assert refused.status_code == 409
        assert refused.json()["error"]["code"] == "Conflict" and "'rules'" in refused.json()["error"]["message"]
        # One that is switched off scales nothing.
        autoscale_settings.update(group, "rules", models.AutoscaleSettingResourcePatch(enabled=False))
        assert scale(by_load).status_code in (200, 201)
        autoscale_settings.delete(group, "rules")
        error = refusal(wanted.serialize(), status=409)
        assert places(error) == [("Conflict", "$.properties.targetResourceUri")]
        assert scale({"scaleType": "Default"}).status_code in (200, 201)
        put("rules", wanted)


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
