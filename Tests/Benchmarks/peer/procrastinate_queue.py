"""Defers and carries out no-op tasks with procrastinate; prints how many seconds each half took.

    procrastinate_queue.py --dsn "host=/run/postgresql dbname=bench" --count 20000
"""

import argparse
import asyncio
import json
import logging
import multiprocessing
import time

import procrastinate


def make_app(dsn: str, connections: int) -> procrastinate.App:
    connector = procrastinate.PsycopgConnector(conninfo=dsn, min_size=connections, max_size=connections)
    app = procrastinate.App(connector=connector)

    @app.task(name="noop")
    async def noop(number: int) -> None:
        pass

    return app


async def enqueue(dsn: str, count: int, batch: int, connections: int) -> float:
    """Batches of tasks, as many at once as there are connections."""
    app = make_app(dsn, connections)
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        noop = app.tasks["noop"]
        batches = [range(start, min(start + batch, count)) for start in range(0, count, batch)]
        start = time.monotonic()
        for first in range(0, len(batches), connections):
            await asyncio.gather(
                *(
                    noop.batch_defer_async(*({"number": number} for number in numbers))
                    for numbers in batches[first : first + connections]
                )
            )
        return time.monotonic() - start


async def process(dsn: str, concurrency: int, connections: int, barrier) -> None:
    """Carries out what is there, then ends."""
    app = make_app(dsn, connections)
    async with app.open_async():
        await asyncio.to_thread(barrier.wait)
        await app.run_worker_async(
            wait=False, concurrency=concurrency, listen_notify=False, install_signal_handlers=False
        )


def work(dsn: str, concurrency: int, connections: int, barrier) -> None:
    logging.disable(logging.CRITICAL)
    asyncio.run(process(dsn, concurrency, connections, barrier))


async def unfinished(dsn: str) -> int:
    app = make_app(dsn, 1)
    async with app.open_async():
        return len(list(await app.job_manager.list_jobs_async(status="todo")))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--dsn", required=True)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=2, help="processes, one per core")
    parser.add_argument("--concurrency", type=int, default=16, help="tasks at once in each process")
    parser.add_argument("--connections", type=int, default=8, help="connections of each process")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)

    seconds = asyncio.run(enqueue(options.dsn, options.count, options.batch, options.connections))

    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(options.workers + 1)
    arguments = (options.dsn, options.concurrency, options.connections, barrier)
    workers = [context.Process(target=work, args=arguments) for _ in range(options.workers)]
    for worker in workers:
        worker.start()
    barrier.wait()
    start = time.monotonic()
    for worker in workers:
        worker.join()
    processed = time.monotonic() - start
    left = asyncio.run(unfinished(options.dsn))
    if left:
        raise SystemExit(f"{left} tasks were left")
    print(json.dumps({"enqueue": seconds, "process": processed}))


if __name__ == "__main__":
    main()
