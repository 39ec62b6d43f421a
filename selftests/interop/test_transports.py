#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""UDP over IPv6, and Ethernet: two hosts of ours agree by each, Debian's ptp4l follows us and pmc is answered."""

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

CAPTURE = "/tmp/transport.pcap"
WRONG_S = 5
"""How far off the slave's clock is set: what it gets rid of is compared with this."""

OPTIONS = {"udp6": "-6", "l2": "-2"}
FILTERS = {"udp6": "ip6 and udp", "l2": "ether proto 0x88f7"}
GROUPS = {"udp4": ["224.0.1.129", "224.0.0.107"],
          "udp6": ["ff0e::181", "ff02::6b"],
          "l2": ["01:1b:19:00:00:00", "01:80:c2:00:00:0e"]}
TO_ALL = {"udp6": "ipv6.dst == ff0e::181", "l2": "eth.dst == 01:1b:19:00:00:00"}


def unload(*hosts: Host) -> None:
    for host in hosts:
        host.run("! grep -q ^dvmm_time /proc/modules || rmmod dvmm_time")


@test("both groups of each transport are joined, and left with the module")
def groups(bed: Bed) -> None:
    host = bed[0]
    for transport, addresses in GROUPS.items():
        load(host, f"transport={transport}")
        joined = host.run("ip maddress show dev eth0")
        unload(host)
        left = host.run("ip maddress show dev eth0")
        for address in addresses:
            assert f"{address}\n" in joined + "\n" or f"{address} " in joined, (transport, address, joined)
            assert address not in left, (transport, address, left)


def follow(bed: Bed, transport: str) -> None:
    leader, slave = bed
    unload(*bed)
    load(leader, f"transport={transport}")
    wait(leader)
    load(slave, f"transport={transport}")
    wait(slave)
    before = status(slave)
    time.sleep(5)
    after = status(slave)
    note(slave.run("tools/dvmmctl status"))
    assert after["role"] == "slave" and after["state"] == "synchronised", after
    assert after["grandmaster"] == status(leader)["identity"]
    assert after["rx"] - before["rx"] > 150 and after["tx"] - before["tx"] > 40, (before, after)
    assert after["rx_dropped"] == 0, after
    assert after["path_delay_ns"] < 20000000, after
    # both stop one after the other while the other one talks on
    unload(slave)
    load(slave, f"transport={transport}")
    wait(slave)


def serve(bed: Bed, transport: str) -> None:
    ours, theirs = bed
    unload(*bed)
    load(ours, f"transport={transport}")
    wait(ours)
    theirs.run(f"date -s @$(($(date +%s) + {WRONG_S}))")
    capture = theirs.start(f"exec tshark -q -i eth0 -f '{FILTERS[transport]}' -w {CAPTURE}")
    capture.wait_for("Capturing on", 60)
    ptp4l = theirs.start(f"exec ptp4l -S {OPTIONS[transport]} -i eth0 -m -s --summary_interval=-4")
    ptp4l.wait_for(r"UNCALIBRATED to SLAVE", 60)
    time.sleep(10)
    ptp4l.kill(2)
    ptp4l.wait(30)
    found = [int(value) for value in re.findall(r"master offset\s+(-?\d+)", ptp4l.output)]
    late = median(map(abs, found[-50:]))
    note(f"master offset: first {found[0]} ns; of the last 50, median {late:.0f}")
    assert abs(found[0]) > WRONG_S * 500000000, "the clock was not wrong before"
    assert len(found) > 60 and late < abs(found[0]) / 1000, found[-50:]
    told = theirs.run(f"(echo GET CLOCK_DESCRIPTION; sleep 2) | timeout 5 stdbuf -oL pmc {OPTIONS[transport]} -i eth0 -b 0 || true")
    capture.kill(2)
    capture.wait(30)
    note(told)
    own = re.search(r"protocolAddress +\d (\S+)", told)[1].lower()
    assert own in ours.run("ip address show dev eth0"), told


def wire(host: Host, transport: str) -> None:
    ours = f"ptp && {TO_ALL[transport]}"
    counts = host.run(f"""
        tshark -r {CAPTURE} -Y '{ours}' -T fields -e ptp.v2.messagetype | sort | uniq -c
        echo elsewhere $(tshark -r {CAPTURE} -Y 'ptp && !({TO_ALL[transport]})' | wc -l)
        echo malformed $(tshark -r {CAPTURE} -Y '_ws.malformed || _ws.expert.severity == error' | wc -l)""", timeout=120)
    note(counts)
    for kind in "0x00", "0x01", "0x08", "0x09", "0x0b", "0x0d":
        assert kind in counts, f"no message of type {kind} was captured"
    assert "elsewhere 0" in counts and "malformed 0" in counts


@test("two hosts agree by UDP over IPv6")
def udp6(bed: Bed) -> None:
    follow(bed, "udp6")


@test("ptp4l -6 follows us, pmc -6 is answered, and tshark is content")
def udp6_others(bed: Bed) -> None:
    serve(bed, "udp6")
    wire(bed[1], "udp6")


@test("two hosts agree by Ethernet")
def ethernet(bed: Bed) -> None:
    follow(bed, "l2")


@test("ptp4l -2 follows us, pmc -2 is answered, and tshark is content")
def ethernet_others(bed: Bed) -> None:
    serve(bed, "l2")
    wire(bed[1], "l2")


@test("a link that goes and comes back is no harm to either")
def link(bed: Bed) -> None:
    leader, slave = bed
    for transport in OPTIONS:
        unload(*bed)
        for host in bed:
            load(host, f"transport={transport}")
        wait(leader)
        wait(slave)
        first = [host for host in bed if status(host)["role"] == "slave"][0]
        first.run("ip link set eth0 down")
        time.sleep(1)
        assert status(first)["state"] == "holdover", status(first)
        first.run("ip link set eth0 up")
        time.sleep(8)
        roles = sorted(status(host)["role"] for host in bed)
        assert roles == ["grandmaster", "slave"], roles
        assert all(status(host)["state"] == "synchronised" for host in bed)


def main() -> int:
    with Bed(hosts=2, cpus=2, memory=1024) as bed:
        suite.run(bed=bed)
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
