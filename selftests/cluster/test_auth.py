#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Two hosts with keys: what they agree on, and what an attacker cannot do to them."""

import json
import re
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from harness import Suite, note  # noqa: E402

from bed import Bed  # noqa: E402
from bed.cluster import load, status, wait  # noqa: E402
from bed.host import Host  # noqa: E402

suite = Suite()
test = suite.test

KEYS = "/sys/module/dvmm_time/parameters/keys"
CAPTURE = "/run/dvmm.pcap"


def add_key(host: Host, number: int, secret: str) -> None:
    host.run(f"printf %s '{secret}' | keyctl padd logon dvmm:1:{number} @u")


def drops(host: Host) -> dict[str, int]:
    return status(host)["drop"]


class Steady:
    """While this lasts, both hosts keep role and grandmaster, and their promise; and exchanges go on. A machine that
    is busy with other things may make them miss enough messages for a moment of holdover, which is told."""

    def __init__(self, bed: Bed):
        self.bed = bed

    def __enter__(self) -> None:
        self.before = [status(host) for host in self.bed]
        self.jobs = [host.start("tools/dvmmctl monitor --json") for host in self.bed]
        self.start = time.monotonic()

    def __exit__(self, kind, *rest) -> None:
        elapsed = time.monotonic() - self.start
        for job in self.jobs:
            job.kill()
            job.wait(30)
        if not kind:
            for host, before, job in zip(self.bed, self.before, self.jobs):
                self.check(before, [json.loads(line) for line in job.output.splitlines()], status(host), elapsed)

    @staticmethod
    def check(before: dict, events: list[dict], after: dict, elapsed: float) -> None:
        for one in [*events, after]:
            assert (one["role"], one["grandmaster"]) == (before["role"], before["grandmaster"]), (before, one)
            assert one["state"] in ("synchronised", "holdover"), one
        assert after["state"] == "synchronised", after
        assert after["rx"] - before["rx"] > elapsed * 8, (elapsed, before, after)
        assert after["drop"].get("jump", 0) == before["drop"].get("jump", 0), (before, after)
        if len(events) > 1:
            note(f"{after['role']}: " + ", ".join(one["state"] for one in events))


@test("without its key, or with one too short, the module does not load, and one line says why")
def bad_keys(bed: Bed) -> None:
    first = bed[0]
    first.run("printf short | keyctl padd logon dvmm:1:9 @u")
    for keys, why in ("7", "no usable key dvmm:1:7: add it with"), ("9", "dvmm:1:9 has 5 bytes"), \
            ("7,7", "one to 4 different numbers"), ("0", "one to 4 different numbers"):
        first.run("dmesg --clear")
        assert first.status(f"insmod dvmm_time.ko iface=eth0 keys={keys}") != 0, keys
        lines = re.findall(r"dvmm_time: (keys=.*)", first.run("dmesg"))
        assert len(lines) == 1 and why in lines[0], (keys, lines)


@test("two hosts with one key synchronise, and show which key")
def same_key(bed: Bed) -> None:
    first, second = bed
    first.run(f"(tshark -q -i eth0 -f 'udp port 319 or udp port 320' -a duration:40 -w {CAPTURE} >/dev/null 2>&1 &)")
    for host in bed:
        add_key(host, 7, "0123456789abcdef0123456789abcdef")
        load(host, "keys=7")
        wait(host)
    assert [status(host)["role"] for host in bed] == ["grandmaster", "slave"]
    assert [status(host)["auth_key"] for host in bed] == [7, 7]
    with Steady(bed):
        time.sleep(4)


@test("a host without the key, or with another, is refused and counted; with it, it is let in")
def other_key(bed: Bed) -> None:
    first, second = bed
    add_key(second, 8, "another key, the first one knows not")
    for parameters, reason in ("", "unauthenticated"), ("keys=8", "unknown-key"):
        before = drops(first).get(reason, 0)
        second.run("rmmod dvmm_time")
        load(second, parameters)
        assert second.status("tools/dvmmctl wait --timeout 3") != 0 or status(second)["role"] == "grandmaster"
        time.sleep(2)
        note(f"{parameters or 'no key'}: {drops(first)}")
        assert drops(first).get(reason, 0) - before >= 5, drops(first)
        assert status(first)["role"] == "grandmaster"
    second.run("rmmod dvmm_time")
    load(second, "keys=7")
    wait(second)
    assert status(second)["grandmaster"] == status(first)["identity"]


@test("a new key comes in, and the old one goes, without a gap")
def rollover(bed: Bed) -> None:
    second = bed[1]
    for host in bed:
        add_key(host, 8, "the new key, which both of them know")
    unknown = [drops(host).get("unknown-key", 0) for host in bed]
    with Steady(bed):
        for keys in "7,8", "8,7", "8":
            for host in bed:
                host.run(f"echo {keys} > {KEYS}")
        assert second.status(f"echo 99 > {KEYS}") != 0
        time.sleep(3)
    assert [status(host)["auth_key"] for host in bed] == [8, 8]
    assert [drops(host).get("unknown-key", 0) for host in bed] == unknown


@test("what the grandmaster sent, sent once more, is dropped as a replay, and disturbs nobody")
def replayed(bed: Bed) -> None:
    first, second = bed
    before = drops(second).get("replay", 0)
    with Steady(bed):
        sent = int(re.search(r"sent=(\d+)", first.run("selftests/cluster/replay.py again eth0 4", timeout=60))[1])
    count = drops(second).get("replay", 0) - before
    note(f"{sent} messages sent again, {count} dropped")
    assert sent > 50 and count >= sent * 0.9, (sent, count)


@test("a flood of requests from a stranger is dropped, and disturbs nobody")
def flooded(bed: Bed) -> None:
    first, second = bed
    before, tx = drops(first), status(first)["tx"]
    with Steady(bed):
        sent = int(re.search(r"sent=(\d+)", second.run("selftests/cluster/replay.py flood eth0 5", timeout=60))[1])
    after = drops(first)
    count = sum(after.get(why, 0) - before.get(why, 0) for why in ("flood", "unauthenticated", "overflow"))
    note(f"{sent} requests in 5 s, {count} dropped: {after}; {status(first)['tx'] - tx} messages sent meanwhile")
    assert sent > 2000 and count >= sent * 0.5, (sent, count)
    assert status(first)["tx"] - tx < 2000


@test("tshark finds no malformed packet, and the AUTHENTICATION TLV last in each Announce")
def wire(bed: Bed) -> None:
    first = bed[0]
    types = first.run(f"tshark -r {CAPTURE} -Y ptp.v2.messagetype==0xb -T fields -e ptp.v2.an.tlvType 2>/dev/null", timeout=120)
    malformed = first.run(f"tshark -r {CAPTURE} -Y _ws.malformed 2>/dev/null | wc -l", timeout=120)
    lines = types.split()
    note(str(sorted(set(lines))))
    assert len(lines) > 20 and malformed.strip() == "0", (len(lines), malformed)
    sealed = [line for line in lines if int(line.split(",")[-1], 0) == 0x8009]
    assert len(sealed) > len(lines) / 2, lines[:5]


def main() -> int:
    with Bed(hosts=2, cpus=2, memory=1024) as bed:
        suite.run(bed=bed)
        bed.failed = suite.failed > 0
    return suite.close()


if __name__ == "__main__":
    sys.exit(main())
