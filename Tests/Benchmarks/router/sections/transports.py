"""Other ways for the bytes: unix sockets to the replicas, TLS to the client."""

import shutil
import subprocess

import lineup
from work import HOST, TLSFiles, Work, request

CONNECTIONS = 64


def measure_unix(bench, report):
    with bench.processes() as processes:
        over_tcp = Work(bench.start_stub(processes).replicas)
        over_unix = Work(bench.start_stub(processes, unix=True).replicas)
        subjects = [
            lineup.sluice(bench, processes, over_tcp, name="sluice-router, TCP"),
            lineup.sluice(bench, processes, over_unix, name="sluice-router, unix sockets"),
        ]
        results = bench.interleave(subjects, bench.load(CONNECTIONS, request()))
    report.heading(f"Replicas on unix sockets beside TCP, {CONNECTIONS} connections")
    lineup.print_cpu(report, results, ("sluice-router, TCP",))


def _make_certificate(directory):
    """A self-signed certificate of an elliptic curve, so that handshakes weigh little."""
    certificate, key, combined = (directory / name for name in ("tls.pem", "tls.key", "tls-combined.pem"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}", "-out", certificate, "-keyout", key],
        check=True, capture_output=True)
    combined.write_text(certificate.read_text() + key.read_text())
    return TLSFiles(str(certificate), str(key), str(combined))


def measure_tls(bench, report):
    report.heading(f"TLS to the client, kept-alive, {CONNECTIONS} connections")
    if not bench.router.has_option("--tls-certificate"):
        return report.note("Left out: this sluice-router has no option --tls-certificate.")
    if not shutil.which("openssl"):
        return report.note("Left out: the program openssl, which makes the certificate, is not installed.")
    tls = _make_certificate(bench.scratch)
    with bench.processes() as processes:
        work = Work(bench.start_stub(processes).replicas)
        subjects = [
            lineup.sluice(bench, processes, work, tls=tls),
            *lineup.rivals(bench, processes, work, names=("nginx", "haproxy"), tls=tls),
        ]
        results = bench.interleave(subjects, bench.load(CONNECTIONS, request()))
    lineup.print_cpu(report, results, ("nginx", "haproxy"))
    lineup.gate_ratio(report, results, "TLS", "nginx", 1.0)
    lineup.gate_failures(report, results, "TLS")
