#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""All clocks of a bare machine tell one time, and all its timers keep it: pairs of clocks beside each other, ticks counted
for 20 s, deadlines by the thousand ("all": by ten thousand, which takes minutes). One host; slub_debug=FZPU panic_on_warn=1."""

import itertools
import json
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
from bed.cluster import DEVICE, load, status, wait  # noqa: E402
from bed.host import Host  # noqa: E402
from test_devices import Steering  # noqa: E402

suite = Suite()
test = suite.test

TIMERS = "pit", "hpet", "rtc", "lapic"
"""In the order of selftests/host/ticks_guest.c, whose tests these are:"""
TICKS, ARMINGS = range(2)

CLOCKS = "pit", "hpet", "pm", "lapic", "rtc", "kvmclock", "tsc"
PAIRS = [f"{one}_{other}" for one, other in itertools.combinations(CLOCKS, 2)]
TOLD_NS = 300_000
"""What the bounds of a pair may leave open: less than the 1 ms by which 100 ppm part two clocks in 10 s."""


def command(program: str, khz: int, number: int, argument: int, seconds: int) -> str:
    build = "selftests/host/build"
    return f"{build}/bare {DEVICE} {build}/{program}.bin {number} {khz} {argument} {seconds}"


def words(line: str) -> dict[str, int]:
    note(line)
    said = {name: int(value) for name, value in re.findall(r"(\w+)=(-?\d+)", line)}
    assert said["ended"] == 1, said
    return said


def agree(host: Host, khz: int, seconds: int) -> dict[str, int]:
    with Steering(host, seconds):
        return words(host.run(command("agree", khz, 0, seconds * 1000, seconds + 40), timeout=seconds + 60))


@test("PIT, HPET, PM timer, LAPIC, RTC, kvmclock, TSC: no two contradict each other in 20 s at +/-100 ppm")
def pairs(host: Host) -> None:
    said = agree(host, status(host)["tsc_khz"], 20)
    assert said["rounds"] > 2000, said
    assert all(0 <= said[pair] < TOLD_NS for pair in PAIRS), said


@test("the same program finds each of them out against a TSC that is taken to be 100 ppm faster")
def wrong_pairs(host: Host) -> None:
    said = agree(host, status(host)["tsc_khz"] * 10001 // 10000, 10)
    assert all(said[f"{clock}_tsc"] < 0 for clock in CLOCKS[:-1]), said


def counted(host: Host, policy: str, hz: int, devices: tuple[str, ...], patience_s: int) -> None:
    """All ticks of 20 s: the guest's count, what the module says of them, and the TSC are of one mind."""
    host.run("cd /sys/module/dvmm_time/parameters; for one in *_policy; do echo " + policy + " > $one; done")
    argument = sum(1 << TIMERS.index(one) for one in devices) | hz << 8 | 20000 << 32 | patience_s << 56
    job = host.start(command("ticks", status(host)["tsc_khz"], TICKS, argument, 60))
    last = []
    while job.running:
        last = json.loads(host.run("sleep 0.2; tools/dvmmctl timers --json")) or last
    said = words(job.output)
    for device in devices:
        check_ticks(device, said, last, policy)


def check_ticks(device: str, said: dict[str, int], told: list[dict], policy: str) -> None:
    one = {what: said[f"{device}_{what}"] for what in ("count", "due", "due_after", "early", "skipped")}
    counts = [it for it in told if it["device"] == device and it["programmed"]]
    note(f"{policy} {device}: {one} {counts}")
    assert one["early"] == 0 and one["due"] == one["due_after"] > 1900, (device, one)
    if device == "lapic":
        # KVM's own: it merges what the vCPU has not taken
        assert one["due"] / 2 < one["count"] <= one["due"], (device, one)
        return
    assert len(counts) == 1, (device, told)
    it = counts[0]
    assert it["programmed"] == it["delivered"] + it["merged"] + it["discarded"] + it["pending"], it
    # a PIT ticks from the reset on, 18 times a second, until it is programmed
    before = it["programmed"] - one["due"]
    assert before == 0 or (device == "pit" and 0 < before < 5), (one, it)
    # one may come as the guest ends
    assert it["delivered"] - one["count"] - before in (0, 1), (one, it)
    assert it["merged"] == 0, it
    if policy == "catchup":
        assert one["count"] == one["due"], (one, it)


@test("delay: ticks of 20 s at 100 Hz (RTC 128), all timers at once: each is counted, none early")
def delay(host: Host) -> None:
    counted(host, "delay", 100, TIMERS, 0)


@test("catchup: the same, and all of them have come")
def catchup(host: Host) -> None:
    counted(host, "catchup", 100, TIMERS, 10)


@test("catchup at 1 kHz (RTC 1024 Hz), one timer after the other: the same")
def kilohertz(host: Host) -> None:
    for device in TIMERS:
        counted(host, "catchup", 1000, (device,), 10)


ARMED = 10000 if "all" in sys.argv[1:] else 2000


@test(f"{ARMED} armings each of HPET, PIT and LAPIC in its three modes, 1 us to 100 ms: none early, none lost")
def armings(host: Host) -> None:
    khz = status(host)["tsc_khz"]
    with Steering(host, 20):
        said = words(host.run(command("ticks", khz, ARMINGS, ARMED, 500), timeout=520))
    for device in "pit", "hpet", "lapic":
        assert said[f"{device}_armed"] == ARMED, said
        assert said[f"{device}_early"] == said[f"{device}_lost"] == 0, said


def main() -> int:
    with Bed(hosts=1, cpus=2, memory=1536, slub_debug=True) as bed:
        load(bed[0])
        wait(bed[0])
        suite.run(host=bed[0])
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
