#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The keeping of a host's counters: listed, in agreement, and not disturbed by the host's doings."""

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
from bed.cluster import Watch, load, settle, status  # noqa: E402
from bed.host import Host  # noqa: E402

suite = Suite()
test = suite.test


def sources(host: Host) -> dict[str, dict]:
    return {source["kind"]: source for source in json.loads(host.run("tools/dvmmctl sources --json"))}


def agree(host: Host) -> None:
    """Nobody is accused; HPET and PM timer, of one crystal in QEMU, have one rate."""
    found = sources(host)
    note(host.run("tools/dvmmctl sources"))
    assert set(found) == {"tsc", "hpet", "acpi_pm", "kernel_raw"}, found
    assert all(source["state"] == "good" and not source["faults"] for source in found.values()), found
    hpet, pm = found["hpet"], found["acpi_pm"]
    apart = abs(hpet["skew_ppb"] - pm["skew_ppb"])
    # besides: 3579545 Hz is 0.05 ppm off what the chip divides
    assert apart <= hpet["skew_error_ppb"] + pm["skew_error_ppb"] + 100, (hpet, pm)
    assert max(hpet["skew_error_ppb"], pm["skew_error_ppb"]) < 100000, "no rate was measured"


@test("all four counters are listed and agree")
def listed(bed: Bed) -> None:
    load(bed[0])
    settle(bed[0])
    load(bed[1])
    time.sleep(6)
    for host in bed:
        agree(host)


@test("going on without the CPUs that did the reading")
def hot_unplug(bed: Bed) -> None:
    bed[1].run("cd /sys/devices/system/cpu/cpu1; echo 0 > online; sleep 3; echo 1 > online; sleep 1")
    agree(bed[1])
    settle(bed[1])


ADJTIMEX = """python3 -c '
import ctypes, struct
timex = bytearray(208)
struct.pack_into("Iqq", timex, 0, 2, 0, {ppm} << 16)  # ADJ_FREQUENCY
assert ctypes.CDLL(None).adjtimex((ctypes.c_char * 208).from_buffer(timex)) >= 0
'"""


def undisturbed(bed: Bed, seconds: float) -> None:
    """Both in step all the while, at one rate, but for the network's noise."""
    before = [status(host) for host in bed]
    watches = [Watch(host) for host in bed]
    time.sleep(seconds)
    for host, watch, was in zip(bed, watches, before):
        series = watch.stop()
        assert len(series) > seconds, f"{host.name}: {series}"
        assert {one["state"] for one in series} == {"synchronised"}, f"{host.name}: {series}"
        assert {one["role"] for one in series} == {was["role"]}, f"{host.name}: {series}"
        change = status(host)["skew_ppb"] - was["skew_ppb"]
        note(f"{host.name}: rate changed by {change} ppb")
        assert abs(change) < 100_000, f"{host.name}: {change} ppb"


@test("the hosts' clocks at +500 ppm and at -500 ppm change nothing in the cluster")
def adjtimex(bed: Bed) -> None:
    for host in bed:
        settle(host)
    for host, ppm in zip(bed, (500, -500)):
        host.run(ADJTIMEX.format(ppm=ppm))
    undisturbed(bed, 8)
    for host in bed:
        host.run(ADJTIMEX.format(ppm=0))


@test("a host that keeps its own time by the HPET is in the cluster as before")
def clocksource(bed: Bed) -> None:
    path = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
    bed[1].run(f"echo hpet > {path}; grep hpet {path}")
    undisturbed(bed, 5)
    agree(bed[1])
    bed[1].run(f"echo tsc > {path}")


@test("a host that was stopped for 3 s comes back by itself")
def stopped(bed: Bed) -> None:
    bed[1].stop()
    time.sleep(3)
    bed[1].cont()
    time.sleep(1)
    settle(bed[1])
    assert status(bed[1])["role"] == "slave"
    assert all(source["state"] == "good" for source in sources(bed[1]).values())
    settle(bed[0])


@test("a slave that went to sleep promises nothing, and comes back by itself")
def asleep(bed: Bed) -> None:
    """To sleep as far as pm_test goes: processes freeze for 5 s. Real sleep is test_sleep.py's, in a bed of its own:
    9p, by which hosts have their root, does not come back from it."""
    slave = bed[1]
    slave.run("echo 1 > /sys/kernel/tracing/events/dvmm/dvmm_state/enable")
    slave.run("echo freezer > /sys/power/pm_test; echo freeze > /sys/power/state")
    settle(slave)
    note(slave.run("dmesg | grep PM:; grep dvmm_state: /sys/kernel/tracing/trace"))
    slave.run("dmesg | grep 'PM: suspend exit'; grep 'dvmm_state:.* state=0' /sys/kernel/tracing/trace")
    assert status(slave)["role"] == "slave" and status(bed[0])["role"] == "grandmaster"


@test("the module goes, and nothing was in the log")
def gone(bed: Bed) -> None:
    for host in bed:
        host.run("rmmod dvmm_time; ! dmesg | grep -E \"this host's|counters parted\"")


def main() -> int:
    with Bed(hosts=2, cpus=2, memory=1024, slub_debug=True) as bed:
        suite.run(bed=bed)
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
