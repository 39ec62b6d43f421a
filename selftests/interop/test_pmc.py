#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Debian's pmc asks a grandmaster and a slave of ours for their data sets, from a host that runs neither."""

import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed, Host  # noqa: E402
from bed.cluster import load, status, wait  # noqa: E402

suite = Suite()
test = suite.test

DOMAIN = 5
CAPTURE = "/tmp/pmc.pcap"
NAMES = """NULL_MANAGEMENT CLOCK_DESCRIPTION USER_DESCRIPTION DEFAULT_DATA_SET CURRENT_DATA_SET PARENT_DATA_SET
           TIME_PROPERTIES_DATA_SET PORT_DATA_SET PRIORITY1 PRIORITY2 DOMAIN SLAVE_ONLY LOG_ANNOUNCE_INTERVAL
           LOG_SYNC_INTERVAL LOG_MIN_PDELAY_REQ_INTERVAL ANNOUNCE_RECEIPT_TIMEOUT VERSION_NUMBER CLOCK_ACCURACY
           TIMESCALE_PROPERTIES TRACEABILITY_PROPERTIES DELAY_MECHANISM""".split()


def pmc(host: Host, *requests: str) -> str:
    """One after the other, until it is ended: given all at once, it leaves after a tenth of a second without an answer."""
    said = " ".join(f"'{request}'" for request in requests)
    return host.run(f"""for request in {said}; do echo "$request"; sleep 0.3; done |
        timeout {3 + len(requests) * 0.4} stdbuf -oL pmc -4 -i eth0 -b 0 -d {DOMAIN} || true""", timeout=60)


def answers(output: str, identity: str, name: str) -> list[dict[str, str]]:
    """What the clock of that identity said of a data set: its fields by name."""
    clock = identity.replace(".", "")
    blocks = re.findall(rf"^\t(\S+)-1 seq \d+ RESPONSE MANAGEMENT {name} *\n((?:\t\t.*\n?)*)", output, re.M)
    return [dict(re.findall(r"^\t\t(\S+) +(.*?) *$", body, re.M)) for who, body in blocks
            if who.replace(".", "") == clock]


def one(output: str, identity: str, name: str) -> dict[str, str]:
    found = answers(output, identity, name)
    assert len(found) == 1, f"{len(found)} answers by {identity} to {name}:\n{output}"
    return found[0]


@test("pmc shows every usual data set of both, and they are what dvmmctl shows")
def shows(bed: Bed) -> None:
    leader, slave, asker = bed
    load(leader, f"domain={DOMAIN} priority1=99")
    wait(leader)
    load(slave, f"domain={DOMAIN}")
    wait(slave)
    capture = asker.start(f"exec tshark -q -i eth0 -f 'udp port 319 or udp port 320' -w {CAPTURE}")
    capture.wait_for("Capturing on", 60)
    output = pmc(asker, *(f"GET {name}" for name in NAMES))
    note(output)
    first, second = status(leader)["identity"], status(slave)["identity"]
    for name in NAMES[1:]:
        one(output, first, name)
        one(output, second, name)
    assert one(output, first, "DEFAULT_DATA_SET")["priority1"] == "99"
    assert one(output, first, "PORT_DATA_SET")["portState"] == "MASTER"
    assert one(output, second, "PORT_DATA_SET")["portState"] == "SLAVE"
    assert one(output, first, "CURRENT_DATA_SET")["stepsRemoved"] == "0"
    assert one(output, second, "CURRENT_DATA_SET")["stepsRemoved"] == "1"
    parent = one(output, second, "PARENT_DATA_SET")
    assert parent["grandmasterPriority1"] == "99"
    assert parent["grandmasterIdentity"].replace(".", "") == first.replace(".", "")
    address = one(output, second, "CLOCK_DESCRIPTION")["protocolAddress"]
    assert address.split()[1] in slave.run("ip -4 address show dev eth0"), address
    assert one(output, first, "VERSION_NUMBER")["versionNumber"] == "2"
    capture.kill(2)
    capture.wait(30)


@test("pmc changes nothing")
def changes(bed: Bed) -> None:
    leader, _, asker = bed
    output = pmc(asker, "SET PRIORITY1 1", "GET PRIORITY1", "GET PORT_DATA_SET_NP")
    identity = status(leader)["identity"]
    assert one(output, identity, "PRIORITY1")["priority1"] == "99", output
    assert output.count("MANAGEMENT_ERROR_STATUS") == 4, output


@test("tshark finds no malformed packet in what was said")
def wire(bed: Bed) -> None:
    found = bed[2].run(f"""
        tshark -r {CAPTURE} -Y 'ptp.v2.messagetype == 0xd' | head -70
        echo management $(tshark -r {CAPTURE} -Y 'ptp.v2.messagetype == 0xd' | wc -l)
        echo malformed $(tshark -r {CAPTURE} -Y '_ws.malformed || _ws.expert.severity == error' | wc -l)""", timeout=120)
    note(found)
    assert int(re.search(r"management (\d+)", found)[1]) >= 3 * len(NAMES), found
    assert "malformed 0" in found


@test("with keys, who has none is told nothing")
def keys(bed: Bed) -> None:
    leader, slave, asker = bed
    for host in leader, slave:
        host.run("""rmmod dvmm_time
            printf %s 0123456789abcdef | keyctl padd logon dvmm:1:1 @u""")
        load(host, f"domain={DOMAIN} keys=1")
    wait(leader)
    before = status(leader)["rx_dropped"]
    output = pmc(asker, "GET DEFAULT_DATA_SET")
    assert "RESPONSE" not in output, output
    assert status(leader)["rx_dropped"] > before


def main() -> int:
    with Bed(hosts=3, cpus=1, memory=1024) as bed:
        suite.run(bed=bed)
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
