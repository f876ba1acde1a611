"""Envoy's configuration for the same work as the other routers, as JSON, which its YAML reader takes too."""

import json

from work import BLUE_PERCENT, PATH, PINNING_HEADER, authorization

TYPES = "type.googleapis.com/envoy.extensions.filters"


def text(work, port):
    return json.dumps({"static_resources": {
        "listeners": [_listener(port)],
        "clusters": [_cluster("blue", work.blue, work.cap), _cluster("green", work.green, work.cap)],
    }})


def _exactly(header, value):
    return {"name": header, "string_match": {"exact": value}}


def _named_in_answer(deployment):
    header = {"header": {"key": PINNING_HEADER, "value": deployment}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
    return {"response_headers_to_add": [header]}


def _routes():
    known = _exactly("authorization", authorization())
    pinned = [
        {
            "match": {"path": PATH, "headers": [known, _exactly(PINNING_HEADER, deployment)]},
            "route": {"cluster": deployment, "timeout": "60s"},
        } | _named_in_answer(deployment)
        for deployment in ("blue", "green")
    ]
    shares = {"blue": BLUE_PERCENT, "green": 100 - BLUE_PERCENT}
    clusters = [{"name": name, "weight": weight} | _named_in_answer(name) for name, weight in shares.items()]
    shared = {
        "match": {"path": PATH, "headers": [known]},
        "route": {"weighted_clusters": {"clusters": clusters}, "timeout": "60s"},
    }
    refused = {"match": {"path": PATH}, "direct_response": {"status": 401}}
    return [*pinned, shared, refused]


def _listener(port):
    manager = {
        "@type": f"{TYPES}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "scoring",
        "codec_type": "HTTP1",
        "generate_request_id": True,
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": _routes()}]},
        "http_filters": [{
            "name": "envoy.filters.http.router",
            "typed_config": {"@type": f"{TYPES}.http.router.v3.Router"},
        }],
    }
    return {
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [{"filters": [{
            "name": "envoy.filters.network.http_connection_manager", "typed_config": manager,
        }]}],
    }


def _address(replica):
    if replica.startswith("unix:"):
        return {"pipe": {"path": replica.removeprefix("unix:")}}
    host, _, port = replica.removeprefix("tcp:").rpartition(":")
    return {"socket_address": {"address": host, "port_value": int(port)}}


def _cluster(name, replicas, cap):
    ample = {"max_connections": 100_000, "max_pending_requests": 100_000, "max_requests": 100_000}
    return {
        "name": name,
        "type": "STATIC",
        "connect_timeout": "5s",
        "lb_policy": "LEAST_REQUEST",
        "circuit_breakers": {"thresholds": [ample], "per_host_thresholds": [{"max_connections": cap}]},
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{
                "lb_endpoints": [{"endpoint": {"address": _address(replica)}} for replica in replicas],
            }],
        },
    }
