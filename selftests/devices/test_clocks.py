#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What KVM itself tells a guest of time, on the guest's TSC: kvmclock, wall clock, Hyper-V's reference time, LAPIC timer.
One host; slub_debug=FZPU panic_on_warn=1, so memory misuse or a warning ends it."""

import re
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
from bed.cluster import DEVICE, STOCK, load, phc, status, wait  # noqa: E402
from bed.host import Host  # noqa: E402

suite = Suite()
test = suite.test


class Steering:
    """The cluster's rate goes from one extreme to the other, again and again, while the block runs."""

    def __init__(self, host: Host, pause: float = 0.7):
        self._host, self._pause, self._clock = host, pause, phc(host)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._steer)

    def _steer(self) -> None:
        ppb = 100000
        while not self._over.wait(self._pause):
            self._host.run(f"phc_ctl {self._clock} -- freq {ppb}")
            ppb = -ppb

    def __enter__(self) -> None:
        self._changes = status(self._host)["line_changes"]
        self._thread.start()

    def __exit__(self, *unused) -> None:
        self._over.set()
        self._thread.join()
        self.changes = status(self._host)["line_changes"] - self._changes
        self._host.run(f"phc_ctl {self._clock} -- freq 0")


def kvmclock(host: Host, device: str, khz: int, looks: int, clock: str = "") -> dict[str, int]:
    output = host.run(f"selftests/host/build/kvmclock {device} {khz} {looks} {clock}", timeout=120)
    note(f"{device}: {output.splitlines()[-1]}")
    return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", output)}


@test("kvmclock is one line over the TSC while the TSC's line is changed 1000 times")
def on_the_line(host: Host) -> None:
    load(host)
    wait(host)
    host.run("date -s '2001-02-03 04:05:06'")
    steering = Steering(host)
    with steering:
        seen = kvmclock(host, DEVICE, status(host)["tsc_khz"], 1000, phc(host))
    note(f"{steering.changes} line changes")
    assert steering.changes >= 500, "the line was hardly changed"
    assert seen["diff_ns"] <= 1, "two pages part at one TSC"
    # mul is rounded to 0.24 ppb
    assert seen["rate_ns"] <= 2 + seen["seconds"] / 4 + 1, "kvmclock has not the TSC's rate"
    assert seen["disorder"] == 0, "who reads later has less"
    assert seen["unstable"] == 0, "no master clock"
    assert seen["set_wrong"] == 0, "the clock is not where it was set"
    assert seen["hyperv_ns"] < 200, "Hyper-V's reference time is another"
    # the PHC is the cluster clock, the TSC is kept on it by steps
    assert seen["wall_ns"] <= status(host)["guest_bound_ns"], "the wall clock is not the cluster's UTC"


def numbers(host: Host, device: str, output: str) -> dict[str, dict[str, int]]:
    for line in output.splitlines():
        note(f"{device}: {line}")
    return {line.split()[0]: {key: int(value) for key, value in re.findall(r"(\w+)=(-?\d+)", line)}
            for line in output.splitlines()}


def lapic(host: Host, device: str, khz: int, armings: int) -> dict[str, dict[str, int]]:
    return numbers(host, device, host.run(f"selftests/host/build/lapic {device} {khz} short {armings}", timeout=200))


@test("no LAPIC timer expires before its TSC, and the count is where the TSC is, while the TSC is steered")
def lapic_on_the_line(host: Host) -> None:
    with Steering(host):
        seen = lapic(host, DEVICE, status(host)["tsc_khz"], 700)
    for mode in "deadline", "oneshot":
        assert seen[mode]["armings"] == 700 and seen[mode]["early"] == 0, f"{mode}: interrupts before their time"
    assert seen["count"]["wrong"] == 0, "the current count is not where the TSC is"
    assert seen["moved"]["wrong"] == 0, "the guest's own TSC moves its timer"
    assert seen["restored"]["wrong"] == 0, "a restored timer is elsewhere"


LONG_MS = 8000
"""At 100 ppm 800 us: more than an interrupt takes here at best, so that ticks that are early are seen to be."""


@test("nor does a long one where the TSC is slow for all of it, and periods do not drift")
def lapic_long(host: Host) -> None:
    host.run(f"phc_ctl {phc(host)} -- freq -100000")
    time.sleep(1)
    khz = status(host)["tsc_khz"]
    jobs = [host.start(f"selftests/host/build/lapic {DEVICE} {khz} {mode} {LONG_MS}")
            for mode in ("deadline", "oneshot", "periodic")]
    for job in jobs:
        assert job.wait(60) == 0, job.output
    seen = numbers(host, DEVICE, "".join(job.output for job in jobs))
    host.run(f"phc_ctl {phc(host)} -- freq 0")
    for mode in "deadline", "oneshot":
        assert seen[mode]["early"] == 0, f"{mode}: an interrupt before its time"
    periodic = seen["periodic"]
    assert periodic["early"] == 0, "a tick before its time"
    # merged where the machine was busy for more than a period
    assert periodic["lost"] < periodic["ticks"] / 2, "ticks are lost"
    # 6 s apart; by the host's clock 600 us
    assert abs(periodic["drift_ns"]) < 300000, "the grid drifts"


@test("the same numbers of stock KVM beside it, whose TSC is not steered")
def stock(host: Host) -> None:
    with Steering(host):
        seen = kvmclock(host, STOCK, 0, 300)
        lapic(host, STOCK, 0, 200)
    assert seen["unstable"] == 0 and seen["disorder"] == 0


@test("a function of KVM that another module has taken is named in one line, and the module not loaded")
def taken(host: Host) -> None:
    host.run("for i in $(seq 50); do rmmod dvmm_time 2>/dev/null && break; sleep 0.1; done")
    host.run("insmod selftests/host/taker/taker.ko; dmesg --clear")
    assert host.status("insmod dvmm_time.ko iface=eth0") != 0
    said = re.findall(r"dvmm_time: (.*)", host.run("dmesg"))
    assert len(said) == 1 and re.search(r"start_sw_timer\(\) is taken by another: unload", said[0]), said
    host.run("rmmod taker; dmesg --clear; sysctl -q kernel.ftrace_enabled=0")
    assert host.status("insmod dvmm_time.ko iface=eth0") != 0
    said = re.findall(r"dvmm_time: (.*)", host.run("dmesg; sysctl -q kernel.ftrace_enabled=1"))
    assert len(said) == 1 and "ftrace_enabled" in said[0], said
    load(host)
    host.run("rmmod dvmm_time")


def main() -> int:
    with Bed(hosts=1, cpus=2, memory=2048, slub_debug=True) as bed:
        suite.run(host=bed[0])
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
