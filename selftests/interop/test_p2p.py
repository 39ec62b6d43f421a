#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The peer-to-peer delay mechanism and Signaling: two hosts of ours, and Debian's ptp4l as our slave and as our reference."""

import re
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed, Host  # noqa: E402
from bed.cluster import load, status, wait  # noqa: E402

suite = Suite()
test = suite.test

CAPTURE = "/tmp/p2p.pcap"
CONFIG = "/tmp/p2p.conf"
WRONG_S = 5
"""How far off the slave's clock is set: what it gets rid of is compared with this."""

PTP4L = f"exec ptp4l -S -4 -P -i eth0 -m -f {CONFIG}"
SETTINGS = """[global]
pi_proportional_const 0.7
pi_integral_const 0.3
tx_timestamp_timeout 200
fault_reset_interval 0
"""
"""With the usual constants it would lock after 48 s. It takes our answer for a fault when it has forgotten that it
asked, since it stepped its clock meanwhile; and a stamp that is late on a busy machine."""
ASKING = """msg_interval_request 1
servo_offset_threshold 1000000000
servo_num_offset_values 4
operLogSyncInterval -6
operLogPdelayReqInterval 0
"""
"""Asks for 64 Sync a second instead of 16 as soon as it has been locked four times."""


def unload(*hosts: Host) -> None:
    for host in hosts:
        host.run("! grep -q ^dvmm_time /proc/modules || rmmod dvmm_time")


def capture(host: Host):
    job = host.start(f"exec tshark -q -i eth0 -f 'udp port 319 or udp port 320' -w {CAPTURE}")
    job.wait_for("Capturing on", 60)
    return job


def said(host: Host) -> str:
    """Which messages there were: messageType, logMessageInterval, destination."""
    return host.run(f"""
        tshark -r {CAPTURE} -T fields -e ptp.v2.messagetype -e ptp.v2.logmessageperiod -e ip.dst | sort | uniq -c
        echo malformed $(tshark -r {CAPTURE} -Y '_ws.malformed || _ws.expert.severity == error' | wc -l)""", timeout=120)


def rows(text: str) -> set[tuple[int, int, str]]:
    found = re.findall(r"^ *\d+\s+(0x\w+)\s+(-?\d+)\s+(\S+)$", text, re.M)
    return {(int(kind, 16), int(log), to) for kind, log, to in found}


@test("two hosts of ours agree, and answer Pdelay_Req instead of Delay_Req")
def ours(bed: Bed) -> None:
    leader, slave = bed
    load(leader, "delay=p2p")
    wait(leader)
    load(slave, "delay=p2p")
    wait(slave)
    before = status(slave)
    time.sleep(3)
    after = status(slave)
    note(slave.run("tools/dvmmctl status"))
    assert after["role"] == "slave" and after["state"] == "synchronised", after
    assert after["grandmaster"] == status(leader)["identity"], after
    assert set(after["drop"]) <= {"overflow", "flood"}, "a message was not understood"
    assert 0 < after["path_delay_ns"] < 20000000 and abs(after["offset_ns"]) < 20000000, after
    assert after["rx"] - before["rx"] > 100 and after["tx"] - before["tx"] > 40, (before, after)


@test("ptp4l -P follows us, and what it asks for by Signaling it gets")
def slave(bed: Bed) -> None:
    ours, theirs = bed
    unload(theirs)
    wait(ours)
    theirs.run(f"date -s @$(($(date +%s) + {WRONG_S})); echo '{SETTINGS}{ASKING}' >{CONFIG}")
    listener = capture(theirs)
    ptp4l = theirs.start(f"{PTP4L} -s --summary_interval=-4")
    ptp4l.wait_for(r"UNCALIBRATED to SLAVE", 60)
    time.sleep(8)
    ptp4l.kill(2)
    ptp4l.wait(30)
    listener.kill(2)
    listener.wait(30)
    found = [int(value) for value in re.findall(r"master offset\s+(-?\d+)", ptp4l.output)]
    late = median(map(abs, found[-50:]))
    note(f"master offset: first {found[0]} ns; of the last 50, median {late:.0f}")
    assert abs(found[0]) > WRONG_S * 500000000, "the clock was not wrong before"
    assert late < abs(found[0]) / 1000, found[-50:]
    told = said(theirs)
    note(told)
    kinds = rows(told)
    for kind in 0x2, 0x3, 0xa:
        assert (kind, 127, "224.0.0.107") in kinds, f"no message of type {kind} to neighbours"
    assert not [row for row in kinds if row[0] in (0x1, 0x9)], "end-to-end messages were sent"
    assert (0xc, 127, "224.0.1.129") in kinds, "ptp4l asked for nothing"
    assert {(0, -4, "224.0.1.129"), (0, -6, "224.0.1.129")} <= kinds, "it did not get what it asked for"
    assert "malformed 0" in told


@test("ptp4l -P is our reference, locked, and sends as many Sync as we ask it for")
def reference(bed: Bed) -> None:
    ours, theirs = bed
    unload(*bed)
    theirs.run(f"pkill -x ptp4l; echo '{SETTINGS}' >{CONFIG}")
    listener = capture(theirs)
    ptp4l = theirs.start(f"{PTP4L} --logAnnounceInterval=-2 --logSyncInterval=0 --priority1=1 --clockClass=6 --clockAccuracy=0x21")
    ptp4l.wait_for("assuming the grand master role", 60)
    load(ours, "delay=p2p reference=any reference_interval=-4")
    wait(ours)
    end = time.monotonic() + 60
    while (now := status(ours))["reference_state"] != "locked":
        assert time.monotonic() < end, now
        time.sleep(0.2)
    time.sleep(2)
    now = status(ours)
    note(ours.run("tools/dvmmctl status"))
    assert now["role"] == "grandmaster" and now["reference_state"] == "locked", now
    assert abs(now["reference_offset_ns"]) < now["reference_bound_ns"] < 50000000, now
    assert "UNCALIBRATED" not in ptp4l.output, ptp4l.output
    ptp4l.kill(2)
    ptp4l.wait(30)
    listener.kill(2)
    listener.wait(30)
    told = said(theirs)
    note(told)
    kinds = rows(told)
    assert (0xc, 127, "224.0.1.129") in kinds, "we asked for nothing"
    assert {(0, 0, "224.0.1.129"), (0, -4, "224.0.1.129")} <= kinds, "we did not get what we asked for"
    assert "malformed 0" in told


def main() -> int:
    with Bed(hosts=2, cpus=2, memory=1024) as bed:
        suite.run(bed=bed)
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
