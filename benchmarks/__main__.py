"""`make bench`: the service beside simple consumers, as one writes them first, in one interleaved run.

    (a) bare      a Channels consumer that echoes and stores nothing
    (b) naive     a consumer that awaits two ORM creates for each turn
    (c) sqlite    this service with the echo provider on SQLite
    (d) postgres  the same on PostgreSQL
    (e) two       two processes on PostgreSQL and Redis, half of the connections each

The load runs on the last core, the servers on the first. With --spread the system chooses the servers' cores, as it does
in production. The speed of one machine drifts by more than the differences that matter. So rounds alternate between the
variants, and medians are given.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import say
from benchmarks.load import Result, closed_loop, connect, disconnect, open_loop, talk_once
from tests.support.servers import ROOT, Site, postgresql, redis, running

VARIANTS = ("bare", "naive", "sqlite", "postgres", "two")
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT}
UNLIMITED = {"CHATBOT_RATE_LIMITS": "off", "CHATBOT_BREAKER": "off"}


class Server:
    """One variant under measurement: its ports and its processes."""

    def __init__(self, ports: list[int], processes: list[int]) -> None:
        self.ports = ports
        self.processes = processes

    def cpu_seconds(self) -> float:
        return sum(_cpu_seconds(process) for process in self.processes)

    def resident_bytes(self) -> int:
        return sum(_resident_bytes(process) for process in self.processes)


@contextlib.contextmanager
def served(variant: str, folder: Path) -> Iterator[Server]:
    with contextlib.ExitStack() as stack:
        variables = {**UNLIMITED}
        if variant in ("postgres", "two"):
            variables["DATABASE_URL"] = stack.enter_context(postgresql())
        if variant == "two":
            variables["REDIS_URL"] = stack.enter_context(redis())
        sites = [Site(folder, **variables) for _ in range(2 if variant == "two" else 1)]
        sites[0].prepare()
        processes = []
        for site in sites:
            if variant in ("bare", "naive"):
                command = [
                    sys.executable,
                    "-m",
                    "daphne",
                    "-v",
                    "0",
                    "-p",
                    str(site.port),
                    f"benchmarks.consumers:{variant}",
                ]
            else:
                command = [sys.executable, "manage.py", "serve"]
            process = stack.enter_context(running(command, site.port, env=site.environ, **QUIET))
            processes.append(process.pid)
        yield Server([site.port for site in sites], processes)


def pin(process: int, core: int) -> None:
    """Keep a process, with all its present threads, on one core."""
    for thread in Path(f"/proc/{process}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {core})


def _cpu_seconds(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident_bytes(process: int) -> int:
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def several(variants: list[str], *, spread: bool = False) -> Iterator[dict[str, Server]]:
    """All variants at once, so that rounds can alternate. A server without load takes hardly any time."""
    with contextlib.ExitStack() as stack:
        servers = {}
        for variant in variants:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=f"bench-{variant}-")))
            servers[variant] = stack.enter_context(served(variant, folder))
            if not spread:
                for process in servers[variant].processes:
                    pin(process, 0)
        everywhere = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {max(everywhere)})
        try:
            yield servers
        finally:
            os.sched_setaffinity(0, everywhere)


@dataclasses.dataclass
class Round:
    result: Result
    cpu_per_turn: float
    load_cpu: float
    resident: int


async def load(server: Server, connections: int, seconds: float, rate: float | None) -> Result:
    share = max(1, connections // len(server.ports))
    if rate:
        runs = [open_loop(port, share, rate / len(server.ports), seconds) for port in server.ports]
    else:
        runs = [closed_loop(port, share, seconds) for port in server.ports]
    results = await asyncio.gather(*runs)
    return Result(
        sum(result.turns for result in results),
        max(result.seconds for result in results),
        sorted(latency for result in results for latency in result.latencies),
    )


def measured(server: Server, connections: int, seconds: float, rate: float | None) -> Round:
    cpu, own, began = server.cpu_seconds(), time.process_time(), time.perf_counter()
    result = asyncio.run(load(server, connections, seconds, rate))
    elapsed = time.perf_counter() - began
    turns = max(1.0, result.rate * elapsed)
    return Round(
        result, (server.cpu_seconds() - cpu) / turns * 1e6, (time.process_time() - own) / elapsed, server.resident_bytes()
    )


def print_turns(
    variants: list[str],
    connections: list[int],
    rounds: int,
    seconds: float,
    rate: float | None,
    *,
    spread: bool,
) -> None:
    with several(variants, spread=spread) as servers:
        for count in connections:
            found: dict[str, list[Round]] = {variant: [] for variant in variants}
            for _ in range(rounds):
                for variant, server in servers.items():
                    found[variant].append(measured(server, count, seconds, rate))
            kind = f"open loop at {rate:g}/s" if rate else "closed loop"
            say(f"\n{count} connections, {kind}, {rounds} rounds of {seconds:g} s")
            say("variant   turns/s  ratio   p50 ms   p95 ms   p99 ms  server us/turn  server MiB  load CPU")
            rates = {variant: statistics.median(one.result.rate for one in found[variant]) for variant in variants}
            for variant in variants:
                middle = {
                    percent: statistics.median(one.result.percentile(percent) for one in found[variant])
                    for percent in (50, 95, 99)
                }
                say(
                    f"{variant:<9}{rates[variant]:>8.0f}{rates[variant] / rates[variants[0]]:>7.2f}"
                    f"{middle[50]:>9.2f}{middle[95]:>9.2f}{middle[99]:>9.2f}"
                    f"{statistics.median(one.cpu_per_turn for one in found[variant]):>16.0f}"
                    f"{found[variant][-1].resident / 2**20:>12.0f}"
                    f"{statistics.median(one.load_cpu for one in found[variant]):>10.2f}"
                )


def print_idle_memory(variants: list[str], counts: list[int]) -> None:
    say("\nidle sockets that have each had one turn: KiB of the server for each")
    for variant in variants:
        figures = []
        for count in counts:
            with several([variant]) as servers:
                server = servers[variant]
                asyncio.run(load(server, 10, 1.0, None))
                figures.append(f"{count}: {asyncio.run(idle_memory(server, count)):.1f}")
        say(f"{variant:<9}{'   '.join(figures)}")


async def idle_memory(server: Server, count: int) -> float:
    before = server.resident_bytes()
    clients = await connect(server.ports[0], count)
    await talk_once(clients)
    await asyncio.sleep(2)
    used = server.resident_bytes() - before
    disconnect(clients)
    return used / count / 1024


def print_soak(variant: str, minutes: float, connections: int) -> None:
    say(f"\nsoak: {variant}, {connections} connections, {minutes:g} minutes")
    with several([variant]) as servers:
        server = servers[variant]
        for minute in range(max(1, round(minutes))):
            one = measured(server, connections, 60.0 if minutes >= 1 else minutes * 60, None)
            rate, p99 = one.result.rate, one.result.percentile(99)
            say(f"minute {minute + 1}: {rate:.0f} turns/s, p99 {p99:.1f} ms, {one.resident / 2**20:.0f} MiB")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--variants", nargs="+", default=list(VARIANTS), choices=VARIANTS)
    parser.add_argument("--connections", nargs="+", type=int, default=[1, 50, 500])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--spread", action="store_true", help="closed and open loop: let the servers use all cores")
    parser.add_argument("--rate", type=float, help="open loop: messages a second over all connections")
    parser.add_argument("--idle", nargs="*", type=int, help="measure idle sockets instead; 2000 and 10000 by default")
    parser.add_argument("--soak", type=float, help="minutes of load on the first of the variants instead")
    options = parser.parse_args()

    cores = sorted(os.sched_getaffinity(0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    say(f"{platform.machine()}, {len(cores)} cores, Python {platform.python_version()}, {platform.system()}")
    if options.idle is not None:
        print_idle_memory(options.variants, options.idle or [2000, 10000])
    elif options.soak:
        print_soak(options.variants[0], options.soak, options.connections[-1])
    else:
        print_turns(
            options.variants,
            options.connections,
            options.rounds,
            options.seconds,
            options.rate,
            spread=options.spread,
        )


if __name__ == "__main__":
    main()
