#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Debian's ptp4l beside the module on one wire: as its slave, and as a master that it is not asked to follow."""

import re
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
from bed.cluster import load, status, wait  # noqa: E402

suite = Suite()
test = suite.test

PTP4L = "exec ptp4l -S -4 -i eth0 -m --summary_interval=-4"
CAPTURE = "/tmp/interop.pcap"
WRONG_S = 5
"""How far off the slave's clock is set: what it gets rid of is compared with this."""


def offsets_ns(lines: list[str]) -> list[int]:
    return [int(found[1]) for line in lines if (found := re.search(r"master offset\s+(-?\d+)", line))]


@test("ptp4l follows our grandmaster, and its offset becomes a thousandth of what it was")
def slave(bed: Bed) -> None:
    ours, theirs = bed
    load(ours)
    wait(ours)
    theirs.run(f"date -s @$(($(date +%s) + {WRONG_S}))")
    capture = theirs.start(f"exec tshark -q -i eth0 -f 'udp port 319 or udp port 320' -w {CAPTURE}")
    ptp4l = theirs.start(f"{PTP4L} -s")
    ptp4l.wait_for(r"UNCALIBRATED to SLAVE", 60)
    time.sleep(15)
    ptp4l.kill(2)
    ptp4l.wait(30)
    capture.kill(2)
    capture.wait(30)
    assert f"selected best master clock {status(ours)['identity']}" in ptp4l.output, ptp4l.output
    found = offsets_ns(ptp4l.lines)
    late = median(map(abs, found[-50:]))
    note(f"master offset: first {found[0]} ns; of the last 50, median {late:.0f}, maximum {max(map(abs, found[-50:]))} ns")
    assert len(found) > 100, f"only {len(found)} offsets"
    assert abs(found[0]) > WRONG_S * 500000000, "the clock was not wrong before"
    assert late < abs(found[0]) / 1000, found[-50:]


@test("tshark finds no malformed packet in what the two said")
def wire(bed: Bed) -> None:
    counts = bed[1].run(f"""
        tshark -r {CAPTURE} -T fields -e ptp.v2.messagetype | sort | uniq -c
        echo malformed $(tshark -r {CAPTURE} -Y _ws.malformed | wc -l)""", timeout=120)
    note(counts)
    for kind in "0x00", "0x01", "0x08", "0x09", "0x0b":
        assert kind in counts, f"no message of type {kind} was captured"
    assert "malformed 0" in counts


@test("a better master that tells of no cluster is not followed, but counted, and ours goes on")
def stranger(bed: Bed) -> None:
    ours, theirs = bed
    before = status(ours)
    ptp4l = theirs.start(f"{PTP4L} --priority1=1 --logAnnounceInterval=-2")
    ptp4l.wait_for(r"LISTENING to MASTER|assuming the grand master role", 60)
    time.sleep(5)
    ptp4l.kill(2)
    ptp4l.wait(30)
    after = status(ours)
    assert after["role"] == "grandmaster" and after["state"] == "synchronised", after
    assert after["state_age_ns"] > before["state_age_ns"], "the state changed meanwhile"
    assert after["rx_dropped"] - before["rx_dropped"] >= 5, (before, after)
    note(ours.run("tools/dvmmctl status"))


def main() -> int:
    with Bed(hosts=2, cpus=2) as bed:
        suite.run(bed=bed)
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
