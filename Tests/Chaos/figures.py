"""What a scenario did to the load, in numbers."""
import dataclasses


@dataclasses.dataclass
class Client:
    """One kind of client: requests that failed, and those of them that were inside what was broken."""

    requests: int = 0
    failures: int = 0
    inside: int = 0


@dataclasses.dataclass
class Figures:
    requests: int
    plain: Client
    retrying: Client
    # Kind of failure to how often it occurred.
    kinds: dict
    gap: float
    p50: float
    p99: float
    slowest: float


def measure(requests, began, ended, is_inside):
    clients = {False: Client(), True: Client()}
    kinds = {}
    for each in requests:
        client = clients[each.retries]
        client.requests += 1
        if each.is_good:
            continue
        if is_inside(each):
            client.inside += 1
        else:
            client.failures += 1
        kind = "%s%s" % (_kind(each), " (inside)" if is_inside(each) else "")
        kinds[kind] = kinds.get(kind, 0) + 1
    good = [each for each in requests if each.is_good]
    ends = [began, *sorted(each.end for each in good), max(ended, began)]
    seconds = sorted(each.seconds for each in good)
    return Figures(
        requests=len(requests), plain=clients[False], retrying=clients[True], kinds=kinds,
        gap=max((later - earlier for earlier, later in zip(ends, ends[1:])), default=0),
        p50=_quantile(seconds, 0.5), p99=_quantile(seconds, 0.99), slowest=seconds[-1] if seconds else 0)


def _kind(request):
    if request.status:
        return ("%d %s" % (request.status, request.cause)).strip()
    return request.error.split("(")[0][:60]


def _quantile(values, share):
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0
