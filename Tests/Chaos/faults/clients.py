"""Clients that do no good: too many, too slow, too many at once."""
import resource
import socket
import threading
import time
import urllib.error

import processes
from installation import Installation
from scenario import Bound, Skipped, scenario

CONNECTIONS = 10_000
LORISES = 200
BURST = 80


def _install(options):
    # What most shells and services of systemd start with; the router itself promises 20 000 connections.
    return Installation(options.binaries, open_files=1024)


@scenario("idle-connections", "10 000 idle connections", Bound(inside=0, p99=1.0), install=_install)
def idle(stage):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < CONNECTIONS + 1000:
        raise Skipped("this process may open %d files only" % hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    stage.settle(1)
    before = _open_files(stage)
    connections = []
    try:
        for number in range(CONNECTIONS):
            # Several source addresses, for each has some 28 000 ports.
            connections.append(socket.create_connection(
                ("127.0.0.1", stage.installation.scoring_port), 10, ("127.0.0.%d" % (2 + number % 4), 0)))
        stage.settle(1)
        with_them = _open_files(stage)
        stage.settle(8)
        closed = sum(_is_closed(each) for each in connections)
    finally:
        for each in connections:
            each.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    stage.until(lambda: _open_files(stage) < before + 60, "the routers' descriptors are free again")
    stage.saw("%d connections held by three routers, %d closed early; open files %d before, %d with them, %d after" % (
        len(connections), closed, before, with_them, _open_files(stage)))
    if closed:
        stage.blame("%d idle connections were closed within 10 s" % closed)
    stage.did("%d connections from 4 addresses, nothing sent, held for 10 s, then closed; everything was started with "
              "a soft limit of 1024 open files" % CONNECTIONS)


@scenario("slow-loris", "200 connections that send a byte of a head per second", Bound(inside=0, p99=1.0))
def loris(stage):
    stage.settle(1)
    address = "127.0.0.1", stage.installation.scoring_port
    connections = {socket.create_connection(address, 10): time.monotonic() for _ in range(LORISES)}
    text = b"POST /api/v1/endpoint/chaos/score HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"x" * 1000
    ended, answers = [], {}
    for sent in range(25):
        for each in list(connections):
            try:
                if _is_closed(each, answers):
                    raise OSError
                each.send(text[sent:sent + 1])
            except OSError:
                ended.append(time.monotonic() - connections.pop(each))
                each.close()
        if not connections:
            break
        time.sleep(1)
    for each in connections:
        each.close()
    if connections:
        stage.blame("%d slow connections were still open after 25 s" % len(connections))
    stage.saw("%d of %d closed, the last after %.1f s; answers: %s" % (
        len(ended), LORISES, max(ended, default=0), answers or "none"))
    stage.did("one byte per second on each of %d connections" % LORISES)


@scenario("queue-full", "a burst beyond slots and queue", Bound(gap=1.5, inside=None))
def burst(stage):
    """6 slots and 6 places in the line: of 80 requests of 300 ms at once, most must be refused at once."""
    stage.settle(1)
    for _ in range(3):
        answers = []
        with stage.inside():
            threads = [threading.Thread(target=_score, args=(stage.world, answers)) for _ in range(BURST)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(30)
            stage.settle(0.1)
        refusals = [seconds for status, seconds in answers if status == 429]
        good = [seconds for status, seconds in answers if status == 200]
        others = sorted({status for status, _ in answers} - {200, 429}, key=str)
        stage.saw("%d × 200 (slowest %.2f s), %d × 429 (slowest %.2f s)" % (
            len(good), max(good, default=0), len(refusals), max(refusals, default=0)))
        if others or len(answers) < BURST:
            stage.blame("burst answered with %s; %d of %d answered" % (others, len(answers), BURST))
        if len(good) < 6:
            stage.blame("only %d of the burst were served, there are 6 slots" % len(good))
        if max(refusals, default=0) > 1:
            stage.blame("a refusal took %.2f s" % max(refusals))
        stage.settle(2)
        stage.world.score({"n": 1})
    stage.did("%d requests of 300 ms at once, three times" % BURST)


def _score(world, answers):
    began = time.monotonic()
    try:
        world.score({"n": 1, "ms": 300}, timeout=20)
        status = 200
    except urllib.error.HTTPError as error:
        status = error.code
    except OSError as error:
        status = type(error).__name__
    answers.append((status, time.monotonic() - began))


def _open_files(stage):
    return sum(processes.descriptors(each) for each in stage.installation.routers.values())


def _is_closed(connection, answers=None):
    """Whether the other side has closed; an answer that came first is counted."""
    connection.setblocking(False)
    try:
        data = connection.recv(4096)
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        connection.setblocking(True)
    if data and answers is not None:
        status = data.split(b" ")[1].decode()
        answers[status] = answers.get(status, 0) + 1
    return True
