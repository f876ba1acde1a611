"""Results as a Markdown table, and as JSON so that a run can be resumed."""
import json
import pathlib
import re
import tempfile

_HEAD = (
    "fault", "what was done", "requests", "scoring failures: never retries / retries once (inside what was broken)",
    "longest gap, p99", "API unavailable for", "writes acknowledged, lost", "operations, not ended in time",
    "recovered", "bound, met")


class Results:
    def __init__(self, file):
        self._file = pathlib.Path(file)
        self.rows = json.loads(self._file.read_text()) if self._file.exists() else {}

    def add(self, row):
        self.rows[row["name"]] = row
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(self.rows, indent=1))

    def clear(self):
        self.rows = {}


def row(scenario, stage, figures, outage, writer, verdicts):
    lost, unended, failed = verdicts
    misses = _misses(scenario.bound, stage, figures, outage, lost, unended, failed)
    return {
        "name": scenario.name, "title": scenario.title, "done": "; ".join(stage.done), "seen": stage.seen,
        "requests": figures.requests,
        "plain": [figures.plain.failures, figures.plain.inside],
        "retrying": [figures.retrying.failures, figures.retrying.inside],
        "kinds": figures.kinds, "gap": figures.gap, "p50": figures.p50, "p99": figures.p99, "slowest": figures.slowest,
        "outage": outage, "acknowledged": writer.acknowledged, "refused": writer.refused,
        "problems": writer.problems, "examples": writer.examples, "lost": lost,
        "operations": len(writer.operations), "unended": unended,
        "failed": failed, "samples": stage.samples(), "recoveries": stage.recoveries, "bound": str(scenario.bound),
        "misses": misses}


def skipped(scenario, reason):
    return {"name": scenario.name, "title": scenario.title, "skipped": reason}


def broken(scenario, reason):
    """The scenario itself came to no end."""
    return {"name": scenario.name, "title": scenario.title, "broken": reason, "misses": [reason]}


def _misses(bound, stage, figures, outage, lost, unended, failed):
    misses = list(stage.faults)
    outside = figures.plain.failures + figures.retrying.failures
    inside = figures.plain.inside + figures.retrying.inside
    slowest = max(stage.recoveries.values(), default=0)
    if outside > bound.failures:
        misses.append("%d scoring failures" % outside)
    if bound.inside is not None and inside > bound.inside:
        misses.append("%d failures inside" % inside)
    for name, value, limit in (
            ("gap", figures.gap, bound.gap), ("p99", figures.p99, bound.p99), ("API unavailable", outage, bound.outage),
            ("recovery", slowest, bound.recovery)):
        if limit is not None and value > limit + 0.005:
            misses.append("%s %.2f s" % (name, value))
    if lost:
        misses.append("%d acknowledged writes lost: %s" % (len(lost), "; ".join(lost[:3])))
    if unended:
        misses.append("%d operations not ended: %s" % (len(unended), "; ".join(unended[:3])))
    if len(failed) > bound.failed_operations:
        misses.append("%d operations failed: %s" % (len(failed), "; ".join(failed[:2])[:400]))
    return misses


# Markdown

def table(rows):
    lines = ["| %s |" % " | ".join(_HEAD), "|%s" % ("---|" * len(_HEAD))]
    lines += ["| %s |" % " | ".join(_clean(cell) for cell in _cells(each)) for each in rows]
    return "\n".join(lines) + "\n"


def _cells(row):
    if "skipped" in row:
        return [row["title"], "skipped: " + row["skipped"]] + [""] * (len(_HEAD) - 2)
    if "broken" in row:
        return [row["title"], "the scenario failed: " + row["broken"]] + [""] * (len(_HEAD) - 3) + ["**no**"]
    kinds = ", ".join("%d × %s" % (count, kind) for kind, count in sorted(row["kinds"].items()))
    return [
        "**%s** (`%s`)" % (row["title"], row["name"]), row["done"], str(row["requests"]),
        "%d (%d) / %d (%d)%s" % (*row["plain"], *row["retrying"], ": " + kinds if kinds else ""),
        "%.2f s, %d ms" % (row["gap"], row["p99"] * 1000),
        "%.1f s" % row["outage"] if row["outage"] else "–",
        "%d, %d" % (row["acknowledged"], len(row["lost"])),
        "%d, %d" % (row["operations"], len(row["unended"])),
        ", ".join("%s %.1f s" % each for each in row["recoveries"].items()) or "–",
        "%s: %s" % (row["bound"], "yes" if not row["misses"] else "**no**: " + "; ".join(row["misses"]))]


def _clean(text):
    """Without the places of this run."""
    text = re.sub(re.escape(tempfile.gettempdir()) + r"/sluice-chaos-[\w-]+(/data(?=/))?", "DATA", text)
    return text.replace("|", "\\|").replace("\n", " ")


def remarks(rows):
    lines = ["- `%s`: %s." % (row["name"], _clean("; ".join(row["seen"]))) for row in rows if row.get("seen")]
    return "\n".join(lines) + "\n"


def write(path, rows, options):
    """Keeps what stands above the table's heading in a file that is there."""
    path = pathlib.Path(path)
    heading = "## Results\n"
    before = path.read_text().split(heading)[0] if path.exists() else "# Chaos\n\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    rig = "%g scoring requests per second, three routers, three replicas with two slots each.\n" % options.rate
    path.write_text("\n".join([before + heading, rig, table(rows), remarks(rows)]))
