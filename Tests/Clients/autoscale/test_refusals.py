"""Autoscale settings that are refused: what is wrong with each, and who scales already."""
import copy
import json

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.monitor import models

from support import eventually

from .shapes import ENDPOINT, cpu_rules, places, problems, profile, rule, setting


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
