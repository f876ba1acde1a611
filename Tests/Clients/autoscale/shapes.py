"""Words that the tests of autoscale settings share."""
import json
from datetime import timedelta

from azure.mgmt.monitor import models

ENDPOINT = "autoscaled"


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
