#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The keeping of a host's counters: listed, in agreement, and not disturbed by the host's doings."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
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
def listed(host: Host) -> None:
    host.run("insmod dvmm_time.ko iface=eth0; sleep 6")
    agree(host)


@test("going on without the CPUs that did the reading")
def hot_unplug(host: Host) -> None:
    host.run("echo 0 > /sys/devices/system/cpu/cpu1/online; sleep 3; echo 1 > /sys/devices/system/cpu/cpu1/online; sleep 1")
    agree(host)


@test("the module goes, and nothing was in the log")
def gone(host: Host) -> None:
    host.run("rmmod dvmm_time; ! dmesg | grep -E \"this host's|counters parted\"")


def main() -> int:
    with Bed(hosts=1, cpus=2, slub_debug=True) as bed:
        suite.run(host=bed[0])
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
