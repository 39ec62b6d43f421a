# SPDX-License-Identifier: GPL-2.0
"""bench sync: this module, ptp4l -S and chrony keep two hosts' clocks together, on one wire, in one run, in turn, under
the same conditions; measured by memory that the hosts share. Writes a plot, prints the tables for the README."""

import statistics
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

from bed import Bed, Host
from bed.cluster import DEVICE, Oracle, guests, status
from bed.clocks import Figures, Point, differences, figures, lock_s, parse
from bed.contenders import Chrony, Contender, Ours, Ptp4l
from bed.channel import Job

TRACE = "exec selftests/host/build/clocktrace"
INTERVAL_MS = 20
LOCK_HOLD_S = 1
LOCK_LIMITS_NS = (1e6, 1e5)
SETTLE_S = 6
RULER_MOST_NS = 5000
SPIN = "for cpu in $(seq $(nproc)); do while :; do :; done & done; wait"
PLOT = Path(__file__).resolve().parents[1] / "Documentation/sync-beside-the-field.png"

Begin = Callable[[Bed], list[Job]]


def quiet(_: Bed) -> list[Job]:
    return []


def load(bed: Bed) -> list[Job]:
    return [host.start(SPIN) for host in bed]


def jitter(bed: Bed) -> list[Job]:
    bed.delay((0, 500), (0, 500))
    return []


def one_sided(bed: Bed) -> list[Job]:
    bed.delay((1000, 0), (0, 0))
    return []


CONDITIONS: dict[str, Begin] = {
    "quiet": quiet, "CPU load on both hosts": load, "jitter, 0.5 ms mean each way": jitter,
    "1 ms more in one direction": one_sided,
}


@dataclass
class Ruler:
    """The second host's TSC less the first's, which does not change, in ticks; and how well that is known."""
    ahead: int
    uncertainty: int
    khz: int


@dataclass
class Result:
    """What was seen of one contender."""
    locks: dict[float, list[float | None]] = field(default_factory=lambda: defaultdict(list))
    points: dict[str, list[Point]] = field(default_factory=dict)
    first_lock: list[Point] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """ms a second on each host, of which being idle and traced is a part."""

    def figures(self, condition: str) -> Figures:
        return figures(self.points[condition])


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def measure_ruler(bed: Bed) -> Ruler:
    command = "exec selftests/guest/build/oracle {} --window $DVMM_SHM --samples 8 --interval 100"
    follower, leader = bed[1].start(command.format("follow")), bed[0].start(command.format("lead"))
    leader.wait(60)
    follower.wait(60)
    found = [dict(pair.split("=") for pair in line.split()[1:]) for line in leader.lines]
    best = min((one for one in found if "difference" in one), key=lambda one: int(one["resolution"]))
    khz = int(next(one["ticks_per_ms"] for one in found if "ticks_per_ms" in one))
    return Ruler(int(best["difference"]), int(best["resolution"]), khz)


def check_ruler(before: Ruler, after: Ruler) -> None:
    """What everything else rests on. In five runs it moved by 0.04 to 1.2 us, mostly more than the oracle's bounds allow:
    why is not known. The limit is only far below what is compared here; the movement is printed beside the tables."""
    moved_ns = abs(after.ahead - before.ahead) * 1e6 / after.khz
    known_ns = (before.uncertainty + after.uncertainty) * 1e6 / after.khz
    print(f"the hosts' TSCs parted by {moved_ns:.0f} ns in the run (oracle's bounds: {known_ns:.0f} ns)")
    assert moved_ns < RULER_MOST_NS, "the hosts' TSCs did not stay together"


def start_traces(bed: Bed, clock: str, seconds: float) -> list[Job]:
    count = int(seconds * 1000 / INTERVAL_MS)
    return [host.start(f"{TRACE} {clock} {INTERVAL_MS} {count}") for host in bed]


def read_traces(jobs: list[Job], ruler: Ruler, origin: int | None = None) -> list[Point]:
    for job in jobs:
        assert job.wait(120) == 0, job.output
    first, second = [parse(job.output) for job in jobs]
    return differences(first, second, ruler.ahead, ruler.uncertainty, ruler.khz, origin)


def cpu(bed: Bed) -> list[int]:
    return [host.cpu_ns() for host in bed]


def per_second(before: list[int], after: list[int], seconds: float) -> list[float]:
    return [(end - begin) / 1e6 / seconds for begin, end in zip(before, after)]


def lock(bed: Bed, contender: Contender, ruler: Ruler) -> list[Point]:
    """The client starts while the server is up. The error since, from the instant of its start."""
    traces = start_traces(bed, contender.clock, contender.lock_trace_s)
    client = contender.join(bed[1])
    origin = int(client.wait_for(r"^tsc=(\d+)", 30)[1])
    return [one for one in read_traces(traces, ruler, origin) if one.at_s >= 0]


def lock_times(bed: Bed, contender: Contender, ruler: Ruler, result: Result, times: int) -> None:
    """The last client stays."""
    for number in range(times):
        points = lock(bed, contender, ruler)
        result.first_lock = result.first_lock or points
        found = [lock_s(points, limit, LOCK_HOLD_S) for limit in LOCK_LIMITS_NS]
        for limit, seconds in zip(LOCK_LIMITS_NS, found):
            result.locks[limit].append(seconds)
        say(f"{contender.name}: locked after {found} s, within {LOCK_LIMITS_NS} ns")
        if number < times - 1:
            contender.leave(bed[1])
            time.sleep(2)


def under(bed: Bed, contender: Contender, ruler: Ruler, condition: str, result: Result, seconds: int) -> None:
    jobs = CONDITIONS[condition](bed)
    time.sleep(SETTLE_S)
    before, start = cpu(bed), time.monotonic()
    traces = start_traces(bed, contender.clock, seconds)
    time.sleep(seconds)
    used = per_second(before, cpu(bed), time.monotonic() - start)
    result.points[condition] = read_traces(traces, ruler)
    if condition == "quiet":
        result.cpu = used
    for job in jobs:
        job.kill()
        job.wait(30)
    bed.delay()
    found = result.figures(condition)
    resolution = statistics.median(one.resolution_ns for one in result.points[condition])
    say(f"{contender.name}, {condition}: mean {found.mean_ns / 1e3:+.1f}, RMS {found.rms_ns / 1e3:.1f},"
        f" p99 {found.p99_ns / 1e3:.1f}, max {found.max_ns / 1e3:.1f} us; {found.count} points, good to"
        f" {resolution / 1e3:.2f} us")


def guest_to_guest(bed: Bed, contender: Contender, ruler: Ruler) -> None:
    """The same instrument beside the one that does not know of hosts: the guests' TSCs, by the guests themselves."""
    pair = guests(bed, DEVICE, cpus=1)
    time.sleep(SETTLE_S)
    oracle = Oracle(*pair, "--samples 40 --interval 400")
    traces = start_traces(bed, contender.clock, 20)
    oracle.wait(120)
    info = status(bed[0])
    apart = [one.difference_ns / 1e3 for one in oracle.samples(info["tsc_khz"])]
    hosts = [one.error_ns / 1e3 for one in read_traces(traces, ruler)]
    say(f"with guests up: their TSCs {statistics.median(apart):+.1f} us apart (median of {len(apart)}),"
        f" the hosts' clocks {statistics.median(hosts):+.1f} us")
    for guest in pair:
        guest.kill()


def measure(bed: Bed, contender: Contender, ruler: Ruler, seconds: int, locks: int) -> Result:
    result = Result()
    contender.serve(bed[0])
    lock_times(bed, contender, ruler, result, locks)
    for condition in CONDITIONS:
        under(bed, contender, ruler, condition, result, seconds)
    if isinstance(contender, Ours):
        guest_to_guest(bed, contender, ruler)
    contender.leave(bed[1])
    contender.close(bed[0])
    return result


def baseline(bed: Bed, seconds: int) -> list[float]:
    """What the hosts and the measurement cost by themselves."""
    before, start = cpu(bed), time.monotonic()
    traces = start_traces(bed, "realtime", seconds)
    time.sleep(seconds)
    used = per_second(before, cpu(bed), time.monotonic() - start)
    for job in traces:
        job.wait(60)
    return used


def table(results: dict[str, Result], row: Callable[[Result], list[str]], heads: list[str]) -> None:
    print("| | " + " | ".join(heads) + " |\n|" + " --- |" * (len(heads) + 1))
    for name, result in results.items():
        print(f"| {name} | " + " | ".join(row(result)) + " |")


def error_cells(condition: str) -> Callable[[Result], list[str]]:
    def cells(result: Result) -> list[str]:
        found = result.figures(condition)
        values = (found.mean_ns, found.rms_ns, found.p99_ns, found.max_ns)
        return [f"{value / 1e3:{sign}.1f}" for value, sign in zip(values, ("+", "", "", ""))]
    return cells


def lock_cells(result: Result, idle: list[float]) -> list[str]:
    cells = []
    for limit in LOCK_LIMITS_NS:
        times = sorted(one if one is not None else float("inf") for one in result.locks[limit])
        cells.append(", ".join(f"{one:.2f}" if one < float("inf") else "never" for one in times))
    return [*cells, *(f"{used - rest:.1f}" for used, rest in zip(result.cpu, idle))]


def print_tables(results: dict[str, Result], idle: list[float]) -> None:
    for condition in CONDITIONS:
        print(f"\n{condition}: error, us\n")
        table(results, error_cells(condition), ["mean", "RMS", "p99", "maximum"])
    print()
    heads = [f"locked to {limit / 1e3:.0f} us, s" for limit in LOCK_LIMITS_NS]
    table(results, lambda result: lock_cells(result, idle), [*heads, "CPU of the server's host, ms/s", "of the client's"])
    print(f"\nidle hosts: {idle[0]:.1f} and {idle[1]:.1f} ms/s")


def write_points(path: Path, points: list[Point]) -> None:
    path.write_text("".join(f"{one.at_s:.3f} {one.error_ns / 1e3:.3f}\n" for one in points))


def plot(results: dict[str, Result], directory: Path) -> None:
    """Each condition one panel; the scale is linear up to 10 us either way, logarithmic beyond."""
    panels = ["start", *CONDITIONS]
    script = [f"set terminal pngcairo noenhanced size 1000,{190 * len(panels)}", f"set output '{PLOT}'",
              f"set multiplot layout {len(panels)},1", "set grid", "set ylabel 'error, us'", "set key outside",
              "scaled(us) = asinh(us / 10)", "set yrange [-6.5:6.5]",
              "set ytics (" + ", ".join(f"'{us:g}' asinh({us} / 10.)" for us in
                                        (-1000, -100, -10, 10, 100, 1000)) + ")"]
    for panel in panels:
        curves = []
        for number, (name, result) in enumerate(results.items()):
            path = directory / f"{panels.index(panel)}-{number}.dat"
            write_points(path, result.first_lock if panel == "start" else result.points[panel])
            curves.append(f"'{path}' using 1:(scaled($2)) title '{name}' with lines lw 1 lc {number + 1}")
        script += [f"set title '{panel}, against seconds'", "plot " + ", ".join(reversed(curves))]
    subprocess.run(["gnuplot"], input="\n".join(script), text=True, check=True)


def main(seconds: int, locks: int) -> int:
    contenders = [Ours(), Ptp4l(), Chrony()]
    results: dict[str, Result] = {}
    with Bed(hosts=2, cpus=2, memory=1536, delays=True) as bed:
        ruler = measure_ruler(bed)
        idle = baseline(bed, seconds)
        for contender in contenders:
            results[contender.name] = measure(bed, contender, ruler, seconds, locks)
        check_ruler(ruler, measure_ruler(bed))
        plot(results, bed.directory)
    print_tables(results, idle)
    return 0
