"""The routers that sluice-router is compared with, configured for the same work.

Each checks the key, shares traffic 90 to 10 between blue and green unless the request names a deployment, picks the
replica with the fewest requests below its limit, sends a request id along, and names the deployment in the answer.
One worker each.
"""

import hashlib
import os
import shutil

import envoy_configuration
from processes import free_port
from work import BLUE_PERCENT, PATH, PINNING_HEADER, authorization

SYSTEM_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])


def _joined(template, replicas, **values):
    return "\n".join(template.format(replica=replica, index=index, **values) for index, replica in enumerate(replicas))


class Installed:
    """A peer that a package of the system installs under its own name."""

    @classmethod
    def program(cls):
        return shutil.which(cls.name, path=SYSTEM_PATH)


NGINX = """\
daemon off;
pid {directory}/nginx.pid;
worker_processes 1;
worker_rlimit_nofile {files};
events {{ worker_connections 12000; multi_accept on; }}
http {{
    access_log off;
    tcp_nodelay on;
    keepalive_timeout 300s;
    keepalive_requests 1000000000;
    # No body passes through a file, in either direction.
    client_max_body_size 64m;
    client_body_buffer_size {body_buffer};
    proxy_max_temp_file_size 0;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    map $http_authorization $is_known {{ default 0; "{authorization}" 1; }}
    split_clients $request_id $by_share {{ {blue_percent}% blue; * green; }}
    map $http_azureml_model_deployment $deployment {{ default $by_share; blue blue; green green; }}
    upstream blue {{ zone blue 512k; least_conn; {blue} {keepalive} }}
    upstream green {{ zone green 512k; least_conn; {green} {keepalive} }}
    server {{
        listen 127.0.0.1:{port} backlog=4096{tls};
        location = {path} {{
            if ($is_known = 0) {{ return 401; }}
            proxy_pass http://$deployment;
            proxy_http_version 1.1;
            proxy_set_header connection "";
            proxy_set_header x-request-id $request_id;
            add_header {pinning_header} $deployment;
        }}
        location / {{ return 404; }}
    }}
}}
"""
NGINX_TLS = " ssl; ssl_protocols TLSv1.3; ssl_certificate {0.certificate}; ssl_certificate_key {0.key}"


class Nginx(Installed):
    name = "nginx"

    @staticmethod
    def command(program, work, port, directory, body_buffer="256k", tls=None, is_traced=False):
        server = "server {replica} max_conns={cap};"
        text = NGINX.format(
            directory=directory, files=_file_limit(), body_buffer=body_buffer, authorization=authorization(),
            blue_percent=BLUE_PERCENT, port=port, path=PATH, pinning_header=PINNING_HEADER,
            blue=_joined(server, map(_nginx_address, work.blue), cap=work.cap),
            green=_joined(server, map(_nginx_address, work.green), cap=work.cap),
            keepalive="keepalive 512; keepalive_requests 1000000000; keepalive_timeout 300s;",
            tls=NGINX_TLS.format(tls) if tls else "")
        file = directory / "nginx.conf"
        file.write_text(text)
        extra = ["-g", "master_process off;"] if is_traced else []
        return [program, "-p", directory, "-e", "stderr", "-c", file, *extra]


def _nginx_address(address):
    return address if address.startswith("unix:") else address.removeprefix("tcp:")


def _file_limit():
    return min(os.sysconf("SC_OPEN_MAX"), 65536)


HAPROXY = """\
global
    nbthread 1
    maxconn 9000
defaults
    mode http
    option http-keep-alive
    http-reuse always
    timeout connect 5s
    timeout client 300s
    timeout server 300s
    timeout queue 60s
    timeout http-keep-alive 300s
frontend scoring
    bind 127.0.0.1:{port} backlog 4096{tls}
    acl is_score path {path}
    acl is_known req.hdr(authorization),sha2(256),hex -m str -i {digest}
    http-request return status 404 if !is_score
    http-request return status 401 if !is_known
    http-request set-header x-request-id %[uuid()]
    http-request set-var(txn.deployment) str(blue)
    http-request set-var(txn.deployment) str(green) if {{ rand(100) ge {blue_percent} }}
    http-request set-var(txn.deployment) req.hdr({pinning_header}) if {{ req.hdr({pinning_header}) -m found }}
    http-response set-header {pinning_header} %[var(txn.deployment)]
    use_backend %[var(txn.deployment)]
backend blue
    balance leastconn
{blue}
backend green
    balance leastconn
{green}
"""


class HAProxy(Installed):
    name = "haproxy"

    @staticmethod
    def command(program, work, port, directory, body_buffer=None, tls=None, is_traced=False):
        server = "    server replica{index} {replica} maxconn {cap} pool-max-conn 1024 pool-purge-delay 300s"
        text = HAPROXY.format(
            port=port, path=PATH, digest=hashlib.sha256(authorization().encode()).hexdigest(),
            blue_percent=BLUE_PERCENT, pinning_header=PINNING_HEADER,
            blue=_joined(server, map(_haproxy_address, work.blue), cap=work.cap),
            green=_joined(server, map(_haproxy_address, work.green), cap=work.cap),
            tls=f" ssl crt {tls.combined} ssl-min-ver TLSv1.3" if tls else "")
        file = directory / "haproxy.cfg"
        file.write_text(text)
        return [program, "-db", "-f", file]


def _haproxy_address(address):
    return "unix@" + address.removeprefix("unix:") if address.startswith("unix:") else address.removeprefix("tcp:")


class Envoy:
    name = "envoy"

    def __init__(self, environment):
        #: The Python environment that scripts/bench-peers installs into.
        self.environment = environment

    def program(self):
        # The package's own command starts the server as a child of a Python process: here is the server itself.
        found = sorted(self.environment.glob("lib/python3*/site-packages/envoy/_bin/envoy"))
        return str(found[0]) if found else shutil.which("envoy")

    @staticmethod
    def command(program, work, port, directory, body_buffer=None, tls=None, is_traced=False):
        file = directory / "envoy.json"
        file.write_text(envoy_configuration.text(work, port))
        return [program, "--config-path", file, "--concurrency", "1", "--disable-hot-restart", "--log-level", "error"]


def installed(environment):
    """The peers that are there, by name, with their programs."""
    found = {}
    for peer in (Nginx, HAProxy, Envoy(environment)):
        program = peer.program()
        if program:
            found[peer.name] = (peer, program)
    return found


def start(peer, program, processes, work, before=(), limit=20, **options):
    """Starts a peer for `work`; returns the process and its address, which it listens on.

    `before`: a command to run it under.
    """
    port = free_port()
    directory = processes.scratch / f"{peer.name}-{port}"
    directory.mkdir()
    command = [*before, *peer.command(program, work, port, directory, **options)]
    process = processes.start(peer.name, command)
    address = f"tcp:127.0.0.1:{port}"
    process.wait_for_listener(address, limit)
    return process, address
