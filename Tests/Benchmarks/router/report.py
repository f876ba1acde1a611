"""Tables in Markdown, and gates: figures with the limit that they must keep."""

import os
import platform
import re
import subprocess
from pathlib import Path

NAMES = {"sluice": "**sluice-router**"}


class Report:
    def __init__(self):
        self._gates = []

    @property
    def missed(self):
        return [text for text, is_met in self._gates if not is_met]

    def heading(self, text):
        print(f"\n### {text}\n", flush=True)

    def note(self, text):
        print(f"{text}\n", flush=True)

    def table(self, columns, rows):
        """Prints rows of text; the first column names the row."""
        print("| " + " | ".join(columns) + " |")
        print("|" + "---|" * len(columns))
        for row in rows:
            print("| " + " | ".join([NAMES.get(row[0], row[0]), *row[1:]]) + " |")
        print(flush=True)

    def at_most(self, what, value, limit, unit=""):
        self._gate(what, value, f"at most {limit:g}{unit}", value is not None and value <= limit, unit)

    def at_least(self, what, value, limit, unit=""):
        self._gate(what, value, f"at least {limit:g}{unit}", value is not None and value >= limit, unit)

    def missing(self, what, cause):
        """A gate that could not be measured is not met; the summary has the first line of the cause."""
        self._gates.append((f"{what}: {cause.splitlines()[0]}", False))
        print(f"- MISSED {what}: {cause}", flush=True)

    def _gate(self, what, value, wanted, is_met, unit):
        text = f"{what}: {'not measured' if value is None else _number(value) + unit}, {wanted} wanted"
        self._gates.append((text, is_met))
        print(f"- {'met' if is_met else 'MISSED'} {text}", flush=True)

    def summary(self):
        self.heading(f"{len(self._gates) - len(self.missed)} of {len(self._gates)} gates met")
        for text in self.missed:
            print(f"- MISSED {text}", flush=True)


def _number(value):
    return figure(value, 0) if abs(value) >= 100 else f"{value:.3f}".rstrip("0").rstrip(".")


def figure(value, digits=1):
    """A figure of a table, with a space between thousands."""
    return f"{value:,.{digits}f}".replace(",", " ")


def machine(router, peers):
    """One line on what is measured, and where."""
    found = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    processor = found[1] if found else platform.machine()
    congestion = Path("/proc/sys/net/ipv4/tcp_congestion_control").read_text().strip()
    versions = [_version([router.binary, "--version"], "sluice-router")]
    options = {"nginx": "-v", "haproxy": "-v", "envoy": "--version"}
    versions += [_version([program, options[name]], name) for name, (_, program) in peers.items()]
    return (
        f"{os.cpu_count()} cores ({processor}), Linux {platform.release()}, TCP congestion control {congestion}; "
        + ", ".join(versions) + f"; load average {os.getloadavg()[0]:.2f}")


def _version(command, name):
    answer = subprocess.run(command, capture_output=True, text=True)
    found = re.search(r"\d+\.\d+\.\d+", answer.stdout + answer.stderr)
    return f"{name} {found[0]}" if found else name
