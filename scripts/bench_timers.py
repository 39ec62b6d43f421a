# SPDX-License-Identifier: GPL-2.0
"""bench timers: what it costs a guest to read its timers, how late they are, how many ticks they make, and what an idle
guest costs its host; stock KVM and this module in one run, in turns. Writes a plot, prints the tables for the README.

A bare machine (selftests/guest/timerlate.c) measures by its own TSC, the same one on both sides. Idle guests are Linux."""

import shlex
import statistics
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import floor, log2
from pathlib import Path
from typing import Iterator

from bed import Bed, Host
from bed.cluster import DEVICE, STOCK, guest, load, status, wait
from bed.guest import QEMU
from bed.machine import TREE

SIDES = {"stock KVM and QEMU": STOCK, "cluster time": DEVICE}
STOCK_SIDE, CLUSTER_SIDE = SIDES
PROGRAM = TREE / "selftests/guest/build/timerlate"
SPIN = "for cpu in $(seq $(nproc)); do while :; do :; done & done; wait"
PLOT = TREE / "Documentation/timer-lateness.png"

READS = {"hpet": "HPET", "pmtimer": "ACPI PM timer", "pit": "PIT (latch, two reads)", "rtc": "RTC (index, data)"}
LATE = {"h": "HPET", "p": "PIT", "r": "RTC, periodic", "o": "LAPIC, one-shot", "d": "LAPIC, TSC deadline"}
UNIT_NS = {"h": 10.0, "p": 1e9 / 1193182, "o": 1.0}
"""By what clock a wait was asked for; TSC deadlines are by the TSC."""

SUSTAINED = {"H": ("HPET", 20000), "P": ("PIT", 19886), "R": ("RTC", 8192), "O": ("LAPIC, periodic", 20000)}
RTC_HZ = 1024
RTC_WINDOW = 64
"""The RTC's ticks are taken by the best of so many: the phase of QEMU's is not known, and its rate only nearly."""

CONDITIONS = "idle", "CPU load"
IDLE = {"stock, HPET off": (STOCK, ["-machine", "hpet=off"]), "stock, HPET on": (STOCK, []),
        "cluster time, HPET on": (DEVICE, [])}
IDLE_SETTLE_S = 4


@dataclass
class Result:
    """What was seen of one side: by register, by condition and timer, by timer; lateness in us."""
    reads: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    late: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    rate: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


@dataclass
class Idle:
    exits: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class Bare:
    """The bare machine: commands of one character."""

    def __init__(self, host: Host, device: str):
        arguments = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-accel", "kvm",
                     "-cpu", "host,+invtsc", "-m", "32", "-serial", "stdio", "-kernel", str(PROGRAM)]
        self.job = host.start(f"exec {QEMU[device]} {shlex.join(arguments)}")
        self.job.wait_for("^ready", 60)

    def ask(self, what: str, timeout: float = 90) -> list[str]:
        start = len(self.job.output)
        self.job.send_raw(what)
        self.job.wait_for("^done", timeout)
        return self.job.output[start:].replace("\r", "").splitlines()[:-1]

    def numbers(self, what: str) -> list[int]:
        return [int(word, 16) for word in self.ask(what)[0].split()]

    def kill(self) -> None:
        self.job.kill()
        self.job.wait(30)


def waits_late_us(what: str, numbers: list[int], khz: int) -> list[float]:
    """Pairs: ticks of the TSC that were waited, and what was asked for."""
    unit_ns = UNIT_NS.get(what, 1e6 / khz)
    # a count of the 8254 is over one pulse after it was loaded, which is at a pulse
    more = 1 if what == "p" else 0
    signed = [ticks - 2**64 if ticks >> 63 else ticks for ticks in numbers[::2]]
    return [(ticks * 1e6 / khz - (asked + more) * unit_ns) / 1e3 for ticks, asked in zip(signed, numbers[1::2])]


def ticks_late_us(stamps: list[int], khz: int) -> list[float]:
    period = khz * 1000 / RTC_HZ
    late = [stamp - stamps[0] - number * period for number, stamp in enumerate(stamps)]
    windows = [late[at:at + RTC_WINDOW] for at in range(0, len(late), RTC_WINDOW)]
    return [(one - min(window)) * 1e3 / khz for window in windows for one in window]


def measure_reads(bare: Bare, result: Result) -> None:
    for line in bare.ask("c"):
        name, *ticks = line.split()
        result.reads[name] += [int(one, 16) for one in ticks]


def measure_late(bare: Bare, result: Result, condition: str, khz: int) -> None:
    for what in LATE:
        numbers = bare.numbers(what)
        late = ticks_late_us(numbers, khz) if what == "r" else waits_late_us(what, numbers, khz)
        result.late[condition, what] += late


def measure_rate(bare: Bare, result: Result, khz: int) -> None:
    for what in SUSTAINED:
        count, ticks = bare.numbers(what)
        result.rate[what].append(count * khz * 1000 / ticks)


@contextmanager
def hogged(host: Host) -> Iterator[None]:
    job = host.start(SPIN)
    try:
        yield
    finally:
        job.kill()
        job.wait(30)


def one_round(host: Host, bares: dict[str, Bare], results: dict[str, Result], khz: int) -> None:
    for side, bare in bares.items():
        measure_reads(bare, results[side])
    for side, bare in bares.items():
        measure_late(bare, results[side], "idle", khz)
        measure_rate(bare, results[side], khz)
    with hogged(host):
        for side, bare in bares.items():
            measure_late(bare, results[side], "CPU load", khz)


def timers(host: Host, rounds: int) -> dict[str, Result]:
    khz = status(host)["tsc_khz"]
    results = {side: Result() for side in SIDES}
    bares = {side: Bare(host, device) for side, device in SIDES.items()}
    for number in range(rounds):
        say(f"timers: round {number + 1} of {rounds}")
        # who is first changes
        one_round(host, dict(reversed(bares.items())) if number % 2 else bares, results, khz)
    for bare in bares.values():
        bare.kill()
    return results


def used(host: Host) -> tuple[int, int]:
    """Exits of the only QEMU's VM, and CPU time in ns: its threads, and the kernel's that serve its timers."""
    out = host.run("pid=$(pgrep -n qemu-system); cat /sys/kernel/debug/kvm/$pid-*/exits;"
                   " kernel=$(pgrep \"^(dvmm-timer|kvm-pit)/$pid\" | sed 's,.*,/proc/&/schedstat,');"
                   " cat /proc/$pid/task/*/schedstat $kernel | awk '{ns += $1} END {print ns}'")
    exits, ns = out.split()
    return int(exits), int(float(ns))


def idle_once(host: Host, device: str, devices: list[str], seconds: int, result: Idle) -> None:
    booted = guest(host, device, cpus=1, devices=devices)()
    time.sleep(IDLE_SETTLE_S)
    exits, ns = used(host)
    start = time.monotonic()
    time.sleep(seconds)
    more, later_ns = used(host)
    took = time.monotonic() - start
    booted.kill()
    result.exits.append((more - exits) / took)
    result.cpu_ms.append((later_ns - ns) / 1e6 / took)


def idle(host: Host, rounds: int, seconds: int) -> dict[str, Idle]:
    results = {name: Idle() for name in IDLE}
    host.run("mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug")
    for number in range(rounds):
        say(f"idle guests: round {number + 1} of {rounds}")
        for name, (device, devices) in IDLE.items():
            idle_once(host, device, devices, seconds, results[name])
    return results


def table(heads: list[str], rows: list[list[str]]) -> None:
    print("\n| " + " | ".join(heads) + " |\n|" + " --- |" * len(heads))
    for row in rows:
        print("| " + " | ".join(row) + " |")


def quantile(values: list[float], share: float) -> float:
    return sorted(values)[min(floor(len(values) * share), len(values) - 1)]


def late_cells(values: list[float]) -> list[str]:
    return [f"{one:.0f}" for one in (quantile(values, 0.5), quantile(values, 0.99), max(values))]


def early(results: dict[str, Result]) -> list[list[str]]:
    return [[LATE[what], side, condition, str(sum(late < 0 for late in values)), f"{min(values):.1f}"]
            for side, result in results.items() for (condition, what), values in result.late.items() if min(values) < 0]


def print_timers(results: dict[str, Result]) -> None:
    stock, ours = results[STOCK_SIDE], results[CLUSTER_SIDE]
    rows = []
    for name, title in READS.items():
        theirs, own = statistics.median(stock.reads[name]), statistics.median(ours.reads[name])
        rows.append([title, f"{theirs:.0f}", f"{own:.0f}", f"{own / theirs:.2f}"])
    table(["a reading, ticks of the TSC, median", *SIDES, "ratio"], rows)
    rows = [[LATE[what], condition, *late_cells(stock.late[condition, what]), *late_cells(ours.late[condition, what])]
            for condition in CONDITIONS for what in LATE]
    table(["lateness, us", "host", *(f"{side}: {one}" for side in SIDES for one in ("p50", "p99", "maximum"))], rows)
    rows = [[title, str(asked), *(f"{statistics.median(results[side].rate[what]):.0f}" for side in SIDES)]
            for what, (title, asked) in SUSTAINED.items()]
    table(["ticks a second", "asked for", *SIDES], rows)
    if rows := early(results):
        table(["before the deadline, by the guest's TSC", "side", "host", "how many", "us at most"], rows)


def print_idle(results: dict[str, Idle]) -> None:
    table(["idle Linux guest, one CPU", "exits a second", "CPU of the host, ms/s"],
          [[name, f"{statistics.median(one.exits):.0f}", f"{statistics.median(one.cpu_ms):.1f}"]
           for name, one in results.items()])


def write_histogram(path: Path, values: list[float]) -> None:
    """Four classes an octave, from 1 us on: the middle of each, and its share in percent."""
    classes = Counter(floor(4 * log2(max(value, 1))) for value in values)
    path.write_text("".join(f"{2 ** ((one + 0.5) / 4):.3f} {100 * classes[one] / len(values):.2f}\n"
                            for one in range(min(classes), max(classes) + 1)))


def plot(results: dict[str, Result], directory: Path) -> None:
    script = [f"set terminal pngcairo noenhanced size 1000,{200 * len(LATE)}", f"set output '{PLOT}'",
              f"set multiplot layout {len(LATE)},2", "set grid", "set logscale x", "set xrange [1:1e5]",
              "set xtics ('1' 1, '10' 10, '100' 100, '1 ms' 1e3, '10 ms' 1e4, '100 ms' 1e5)", "set yrange [0:*]",
              "set style fill transparent solid 0.4", "set key top right"]
    for what, title in LATE.items():
        for condition in CONDITIONS:
            curves = []
            for number, (side, result) in enumerate(results.items()):
                path = directory / f"late-{what}-{condition[0]}-{number}.dat"
                write_histogram(path, result.late[condition, what])
                curves.append(f"'{path}' using 1:2 title '{side}' with fillsteps lc {number + 1}")
            script += [f"set title '{title}, host {condition}: late by, % of all'", "plot " + ", ".join(curves)]
    subprocess.run(["gnuplot"], input="\n".join(script), text=True, check=True)


def main(rounds: int, idle_rounds: int, seconds: int, draw: bool) -> int:
    with Bed(hosts=1, cpus=2, memory=1536) as bed:
        host = bed[0]
        load(host)
        wait(host)
        results = timers(host, rounds)
        idles = idle(host, idle_rounds, seconds)
        if draw:
            plot(results, bed.directory)
    print_timers(results)
    print_idle(idles)
    return 0
