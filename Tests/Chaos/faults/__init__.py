"""One module per part of the system that is broken; importing them registers the scenarios, in the report's order."""
from faults import (  # noqa: F401
    control_plane, routers, coordinator, saved_table, replicas, poison, clients, changes, everything, database,
    link, failover, disk, certificates, clocks, upgrade)
