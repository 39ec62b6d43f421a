#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Debian's ptp4l as the cluster's reference, and beside it in a cluster of three; chrony on our PHC."""

import re
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import TREE, Suite, note  # noqa: E402

from bed import Bed, Host, Job  # noqa: E402
from bed.cluster import load, phc, status, wait  # noqa: E402

suite = Suite()
test = suite.test

PTP4L = "exec ptp4l -S -4 -i eth0 -m --logSyncInterval=-4 --logMinDelayReqInterval=-4 --logAnnounceInterval=-2"
BETTER = f"{PTP4L} --priority1=1 --clockClass=6 --clockAccuracy=0x21"
WORSE = f"{PTP4L} --priority1=200"
PATIENT = "announce_interval=-3 announce_timeout=5"
"""Three hosts on two CPUs, which sleep for longer than a dead grandmaster may take by default."""
CAPTURE = "/tmp/reference.pcap"
WRONG_S = 3
"""How far off chrony's clock is set: what it gets rid of is compared with this."""


def become(host: Host, timeout: float = 60, **wanted: str) -> dict:
    """Waits until a status has these members, and returns it."""
    end = time.monotonic() + timeout
    while True:
        now = status(host)
        if all(now[key] == value for key, value in wanted.items()):
            return now
        assert time.monotonic() < end, f"{host.name} did not become {wanted}: {now}"
        time.sleep(0.2)


def lead(host: Host) -> Job:
    ptp4l = host.start(BETTER)
    ptp4l.wait_for("assuming the grand master role", 60)
    return ptp4l


def identity(ptp4l: Job) -> str:
    found = re.search(r"selected local clock (\S+) as best master", ptp4l.output)
    assert found, ptp4l.output
    return found[1]


def stays(before: dict, after: dict) -> None:
    """Neither role, state nor grandmaster changed in between."""
    assert after["state"] == "synchronised", after
    assert (before["role"], before["grandmaster"]) == (after["role"], after["grandmaster"]), (before, after)
    assert after["state_age_ns"] > before["state_age_ns"], (before, after)


def said(host: Host) -> str:
    now = status(host)
    return (f"{host.name}: {now['role']}, reference {now['reference_state']}, offset {now['reference_offset_ns']} ns, "
            f"bound {now['reference_bound_ns']} ns, class {now['clock_class']}, accuracy {now['clock_accuracy']:#x}")


masters: list[Job] = []


@test("ptp4l leads the cluster: founded on its time, locked, and it stays master itself")
def locked(first: Host, second: Host, theirs: Host) -> None:
    masters.append(lead(theirs))
    load(first, f"reference=any {PATIENT}")
    wait(first)
    now = become(first, reference_state="locked")
    assert now["reference"] == identity(masters[-1]), (now, masters[-1].output)
    assert abs(now["reference_offset_ns"]) < 100000000, "not founded on its time"
    load(second, f"reference=any {PATIENT}")
    wait(second)
    other = become(second, reference_state="standby")
    assert other["role"] == "slave" and other["grandmaster"] == now["identity"], other
    assert "UNCALIBRATED" not in masters[-1].output, masters[-1].output
    note(said(first))


@test("our leader announces it as a boundary clock would, and tshark finds nothing malformed")
def announced(first: Host, second: Host, theirs: Host) -> None:
    become(first, reference_state="locked")
    second.run(f"tshark -q -i eth0 -a duration:4 -f 'udp port 319 or udp port 320' -w {CAPTURE}", timeout=120)
    rows = second.run(f"""tshark -r {CAPTURE} -Y 'ptp.v2.messagetype == 0xb' -T fields -e ptp.v2.clockidentity \\
        -e ptp.v2.an.grandmasterclockidentity -e ptp.v2.an.localstepsremoved -e ptp.v2.an.grandmasterclockclass |
        sort | uniq -c | sort -rn; echo malformed $(tshark -r {CAPTURE} -Y _ws.malformed | wc -l)""", timeout=120)
    note(rows)
    ours, reference = (int(text.replace(".", ""), 16) for text in
                       (status(first)["identity"], status(first)["reference"]))
    told = {tuple(int(word, 0) for word in line.split()[1:]) for line in rows.splitlines() if line.count("0x") == 2}
    assert (reference, reference, 0, 6) in told, told
    assert (ours, reference, 1, 6) in told, told
    assert "malformed 0" in rows


@test("its clock is set by 2 ms: the cluster slews there, and nobody's state changes")
def slews(first: Host, second: Host, theirs: Host) -> None:
    before = [status(host) for host in (first, second)]
    theirs.run("phc_ctl CLOCK_REALTIME -- adj 0.002")
    now = become(first, reference_state="slewing")
    note(said(first))
    assert now["reference_offset_ns"] < -500000, "the cluster was there too early: a step"
    become(first, 120, reference_state="locked")
    note(said(first))
    for host, then in zip((first, second), before):
        stays(then, status(host))


@test("ptp4l dies: the cluster goes on in holdover, with clockClass 187, and finds it again")
def holdover(first: Host, second: Host, theirs: Host) -> None:
    before = [status(host) for host in (first, second)]
    masters[-1].kill(9)
    masters[-1].wait(30)
    now = become(first, reference_state="holdover")
    assert now["clock_class"] == 187 and 0x20 <= now["clock_accuracy"] < 0x31, now
    time.sleep(5)
    note(said(first))
    masters.append(lead(theirs))
    become(first, reference_state="locked")
    note(said(first))
    for host, then in zip((first, second), before):
        stays(then, status(host))


@test("our leader dies: the other one leads, and takes the reference over")
def taken_over(first: Host, second: Host, theirs: Host) -> None:
    cluster = status(second)["cluster_id"]
    first.run("rmmod dvmm_time")
    now = become(second, role="grandmaster", state="synchronised", reference_state="locked")
    assert now["cluster_id"] == cluster, now
    note(said(second))
    assert "UNCALIBRATED" not in masters[-1].output, masters[-1].output


@test("our slave dies: nothing changes")
def slave_dies(first: Host, second: Host, theirs: Host) -> None:
    load(first, f"reference=any {PATIENT}")
    wait(first)
    become(first, role="slave", reference_state="standby")
    before = status(second)
    first.run("rmmod dvmm_time")
    time.sleep(3)
    stays(before, status(second))
    become(second, reference_state="locked")
    second.run("rmmod dvmm_time")
    masters[-1].kill(2)
    masters[-1].wait(30)


@test("we lead a ptp4l that may lead: whichever leads dies, the rest go on, down to ptp4l alone")
def down_to_one(first: Host, second: Host, theirs: Host) -> None:
    load(first, f"priority1=1 {PATIENT}")
    wait(first)
    load(second, PATIENT)
    wait(second)
    ptp4l = theirs.start(WORSE)
    ptp4l.wait_for("UNCALIBRATED to SLAVE", 60)
    assert f"selected best master clock {status(first)['identity']}" in ptp4l.output, ptp4l.output
    next_leader = status(second)["identity"]
    first.run("rmmod dvmm_time")
    become(second, role="grandmaster", state="synchronised")
    ptp4l.wait_for(f"selected best master clock {next_leader}", 60)
    second.run("rmmod dvmm_time")
    ptp4l.wait_for("assuming the grand master role", 60)
    ptp4l.kill(2)
    ptp4l.wait(30)


def chrony_offsets(log: str) -> list[float]:
    """The seventh column of tracking.log: what chrony found its clock to be off by, in seconds."""
    rows = [line.split() for line in log.splitlines() if re.match(r"\d{4}-", line)]
    return [float(row[6]) for row in rows if row[2] == "DVMM"]


@test("chrony takes our PHC for a reference clock, and its offset becomes a thousandth of what it was")
def chrony(first: Host, second: Host, theirs: Host) -> None:
    chronyd = subprocess.run([TREE / "scripts/fetch-chrony"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    for host in first, second:
        load(host, PATIENT)
        wait(host)
    second.run(f"date -s @$(($(date +%s) + {WRONG_S})); mkdir -p /tmp/chrony")
    job = second.start(f"exec {chronyd} -d -u root 'refclock PHC {phc(second)} refid DVMM poll 0 dpoll -3' "
                       "'makestep 0.001 3' 'log tracking' 'logdir /tmp/chrony' 'cmdport 0' 'bindcmdaddress /' "
                       "'pidfile /run/interop-chronyd.pid'")
    job.wait_for("Selected source DVMM", 60)
    time.sleep(30)
    job.kill(15)
    job.wait(30)
    found = chrony_offsets(second.run("cat /tmp/chrony/tracking.log"))
    late = median(map(abs, found[-10:]))
    note(f"offset: first {found[0] * 1e6:.0f} us; of the last 10, median {late * 1e6:.1f} us")
    assert abs(found[0]) > WRONG_S / 2, "the clock was not wrong before"
    assert late < abs(found[0]) / 1000, found


def main() -> int:
    with Bed(hosts=3, cpus=1) as bed:
        suite.run(first=bed[0], second=bed[1], theirs=bed[2])
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
