"""The sections, in the order in which they run: name, function, and what it measures."""

from sections import answers, bodies, exactness, instructions, kills, loads, memory, rollouts, transports

SECTIONS = {
    "answers": (answers.measure, "what every router must answer"),
    "saturation": (loads.measure_saturation, "64 and 256 connections that send at once"),
    "rate": (loads.measure_rate, "5 000 requests a second: CPU, and added latency"),
    "bodies": (bodies.measure, "60 KB and 10 MB, both ways"),
    "shared": (exactness.measure_cost, "slots shared by 3 routers: what it costs"),
    "exactness": (exactness.measure, "slots shared by 3 routers: limits, shares, killed routers"),
    "rollouts": (rollouts.measure, "100 rollouts under 2 000 requests a second, plain and streaming"),
    "kills": (kills.measure, "routers and replicas killed and stopped at random: limits, capacity, slots"),
    "memory": (memory.measure, "256 busy connections, 10 000 idle ones"),
    "instructions": (instructions.measure, "user-space instructions per request"),
    "unix": (transports.measure_unix, "replicas on unix sockets beside TCP"),
    "tls": (transports.measure_tls, "TLS to the client"),
}
