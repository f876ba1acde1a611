"""Breaks one part of a running Sluice after another, under scoring load: `make chaos`, or this with --help.

Ends with 0 when every bound was met.
"""
import argparse
import pathlib
import signal
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "Support"))

import faults  # noqa: E402, F401
import report  # noqa: E402
from api import API  # noqa: E402
from figures import measure  # noqa: E402
from installation import REPOSITORY, Installation  # noqa: E402
from load import Load  # noqa: E402
from scenario import ALL, Skipped, Stage  # noqa: E402
from watch import Watch  # noqa: E402
from world import World  # noqa: E402
from writer import Writer  # noqa: E402


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--list", action="store_true", help="name the scenarios and end")
    parser.add_argument("--only", action="append", metavar="NAME", help="run this one; may be given again")
    parser.add_argument("--skip", action="append", metavar="NAME", default=[], help="do not run this one")
    parser.add_argument("--resume", action="store_true", help="run those that have no result yet")
    parser.add_argument("--seconds", type=float, default=12, help="shortest time of load per scenario")
    parser.add_argument("--rate", type=float, default=60, help="scoring requests per second")
    parser.add_argument("--times", type=int, default=10, help="how many rollouts, and how many scalings each way")
    parser.add_argument("--report", metavar="FILE", help="write the table of all results there, also of earlier runs")
    parser.add_argument("--binaries", default=REPOSITORY / ".build/release", help="where sluice and sluice-router are")
    parser.add_argument(
        "--previous", type=pathlib.Path, metavar="DIRECTORY",
        help="binaries, migrations and openapi of another version, for the scenario upgrade")
    parser.add_argument("--results", default=REPOSITORY / ".build/chaos/results.json", help="where results are kept")
    options = parser.parse_args()
    unknown = set((options.only or []) + options.skip) - {each.name for each in ALL}
    if unknown:
        parser.error("no scenario is called %s" % ", ".join(sorted(unknown)))
    return options


class Runner:
    def __init__(self, options):
        self._options = options
        self._shared = None
        # All that are there, for an interruption may come at any moment.
        self._installations = []
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="sluice-chaos-load-"))

    def run(self, scenario):
        """The result of one scenario, whatever happens in it."""
        world = None
        try:
            world = self._world(scenario)
            row = self._perform(scenario, world)
            missing = world.wait_until_whole()
        except Skipped as skip:
            return report.skipped(scenario, str(skip))
        except Exception as error:
            traceback.print_exc()
            self._drop(world and world.installation)
            return report.broken(scenario, "%s: %s" % (type(error).__name__, str(error)[:600]))
        left = []
        if missing:
            row["misses"].append("not whole a minute later: %s" % ", ".join(missing))
        if scenario.spoils or missing:
            left = self._drop(world.installation)
        if left:
            row["misses"].append("left behind by sluice down: %s" % [each.arguments[:2] for each in left])
        return row

    def close(self):
        for installation in list(self._installations):
            self._drop(installation)
        for file in self._folder.iterdir():
            file.unlink()
        self._folder.rmdir()

    def _world(self, scenario):
        if scenario.install is None and self._shared is not None:
            return self._shared
        installation = (scenario.install or (lambda options: Installation(options.binaries)))(self._options)
        self._installations.append(installation)
        try:
            installation.up()
            api = API(installation.data / "credentials.json")
            authorities = getattr(installation, "authorities", None)
            if authorities:
                api.trust(authorities)
            world = World(installation, api)
            world.build()
            missing = world.wait_until_whole()
            if missing:
                raise RuntimeError("not whole at the start: %s" % ", ".join(missing))
        except Exception:
            self._drop(installation)
            raise
        if scenario.install is None:
            self._shared = world
        return world

    def _drop(self, installation):
        """Answers what was left running."""
        if installation not in self._installations:
            return []
        self._installations.remove(installation)
        if self._shared and self._shared.installation is installation:
            self._shared = None
        try:
            return installation.down()
        finally:
            installation.remove()

    def _perform(self, scenario, world):
        options, file = self._options, self._folder / (scenario.name + ".jsonl")
        load = Load(world.scoring_uri, world.key, options.rate, file, getattr(world.installation, "authorities", None))
        writer = Writer(world.api, world.location, scenario.name[:20])
        watch = Watch(world.api)
        stage = Stage(world, load, writer, watch, options.times)
        with load:
            with writer, watch:
                scenario.act(stage)
                stage.settle(max(2, load.began + options.seconds - time.monotonic()))
            ended = time.monotonic()
        figures = measure(load.requests + stage.further, load.began, ended, stage.is_inside)
        verdicts = writer.verify()
        writer.clean()
        return report.row(scenario, stage, figures, watch.outage(), writer, verdicts)


def _end(number, _):
    raise SystemExit(128 + number)


def main():
    options = _arguments()
    if options.list:
        for each in ALL:
            print("%-34s %s" % (each.name, each.title))
        return 0
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    results = report.Results(options.results)
    wanted = [each for each in ALL if (not options.only or each.name in options.only) and each.name not in options.skip]
    if options.resume:
        wanted = [each for each in wanted if each.name not in results.rows]
    runner = Runner(options)
    try:
        for each in wanted:
            began = time.monotonic()
            print("%s: %s" % (each.name, each.title), flush=True)
            row = runner.run(each)
            results.add(row)
            verdict = "skipped: " + row["skipped"] if "skipped" in row else "; ".join(row["misses"]) or "ok"
            print("    %s (%.0f s)" % (verdict, time.monotonic() - began), flush=True)
    finally:
        # A second signal must not leave anything behind.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        runner.close()
    rows = [results.rows[each.name] for each in ALL if each.name in results.rows]
    ran = [row for row in rows if row["name"] in {each.name for each in wanted}]
    print("\n" + report.table(ran) + "\n" + report.remarks(ran))
    if options.report:
        report.write(options.report, rows, options)
    return int(any(row.get("misses") for row in ran))


if __name__ == "__main__":
    sys.exit(main())
