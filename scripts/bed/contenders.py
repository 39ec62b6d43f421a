# SPDX-License-Identifier: GPL-2.0
"""Those who keep the clocks of two hosts together, in a form in which they can be compared: a clock on each host, a
server or grandmaster on the one, and a client on the other that starts from nothing and learns."""

import subprocess

from .channel import Job
from .cluster import wait
from .host import Host
from .machine import TREE

WRONG_S = 0.3
"""How far off the client's own clock is set before it starts."""

RATE = -4
"""log2 of the seconds between two measurements of the client: 16 a second for all."""

ANNOUNCE = -3
"""The same between two Announce, for those who speak PTP: 8 a second, as in ITU-T G.8275.1."""


class Contender:
    name: str
    clock = "realtime"
    lock_trace_s = 12

    def serve(self, host: Host) -> None:
        """Starts the server, and returns once clients can come."""
        self._server = host.start(self.server(host))

    def join(self, host: Host) -> Job:
        """Starts the client. The first line that it prints is the TSC at its start."""
        before = f"date -s @$(date +%s.%N | awk '{{printf \"%.6f\", $1 + {WRONG_S}}}') >/dev/null"
        self._client = host.start(f"{before}; selftests/host/build/clocktrace now; exec {self.client(host)}")
        return self._client

    def leave(self, host: Host) -> None:
        """Ends the client; the kernel's clock is let run as it was before."""
        self._client.kill(15)
        self._client.wait(30)
        host.run("phc_ctl CLOCK_REALTIME -- freq 0")

    def close(self, host: Host) -> None:
        self._server.kill(15)
        self._server.wait(30)

    def server(self, host: Host) -> str:
        raise NotImplementedError

    def client(self, host: Host) -> str:
        raise NotImplementedError


class Ours(Contender):
    """At its defaults, but for Announce: as many messages as the others. It replaces a leader later then."""
    name = "dvmm_time"
    clock = "/dev/ptp0"

    def serve(self, host: Host) -> None:
        host.run(self.client(host))
        wait(host)

    def client(self, host: Host) -> str:
        return f"insmod dvmm_time.ko iface=eth0 sync_interval={RATE} announce_interval={ANNOUNCE}"

    def leave(self, host: Host) -> None:
        self._client.wait(30)
        host.run("rmmod dvmm_time")

    def close(self, host: Host) -> None:
        host.run("rmmod dvmm_time")


class Ptp4l(Contender):
    """Software stamps, and the servo at its defaults. Announce at its default, every other second, it would lock
    seconds later. It waits two seconds for one: at each timeout it joins its groups
    anew, and QEMU's e1000 hears nothing for a second after each change of its filter."""
    name = "ptp4l -S"
    lock_trace_s = 60  # its servo looks at the frequency for 16 s and more before it sets the clock

    def _command(self) -> str:
        return (f"ptp4l -S -4 -i eth0 --logSyncInterval={RATE} --logMinDelayReqInterval={RATE}"
                f" --logAnnounceInterval={ANNOUNCE} --announceReceiptTimeout=16 --summary_interval=-4 -m")

    def serve(self, host: Host) -> None:
        super().serve(host)
        self._server.wait_for("assuming the grand master role", 60)

    def server(self, host: Host) -> str:
        return f"exec {self._command()}"

    def client(self, host: Host) -> str:
        return f"{self._command()} -s"


class Chrony(Contender):
    """Interleaved, so that the server's transmit stamps are the kernel's; steps its clock at first, as ptp4l does."""
    name = "chrony"

    def __init__(self) -> None:
        found = subprocess.run([TREE / "scripts/fetch-chrony"], stdout=subprocess.PIPE, text=True, check=True)
        self._chronyd = found.stdout.strip()

    def _command(self, *lines: str) -> str:
        common = ("cmdport 0", "bindcmdaddress /", "pidfile /run/bench-chronyd.pid")
        return f"{self._chronyd} -d -u root " + " ".join(f"'{line}'" for line in (*lines, *common))

    def serve(self, host: Host) -> None:
        super().serve(host)
        host.run("until ss -Hlun sport = 123 | grep -q .; do sleep 0.1; done")

    def server(self, host: Host) -> str:
        return "exec " + self._command("local stratum 1", "allow 10.77.0.0/24")

    def client(self, host: Host) -> str:
        return self._command(f"server 10.77.0.1 iburst minpoll {RATE} maxpoll {RATE} xleave", "makestep 0.00002 3")
