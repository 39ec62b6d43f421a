# SPDX-License-Identifier: GPL-2.0
"""The wire between the hosts: socket pairs, so that no frame can reach anything else."""

import json
import socket
import subprocess
from pathlib import Path

from . import process

HUB = Path(__file__).with_name("hub.py")
WIRE = Path(__file__).with_name("wire.py")


def _pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)


class Network:
    """Two hosts share a pair, the shortest wire, or a slower one if delays are asked for; more meet at a hub.
    A single host has a wire to nowhere."""

    def __init__(self, hosts: int, delays: bool = False):
        self.ends: list[socket.socket] = []
        self._hub: subprocess.Popen | None = None
        self._control, control = _pair()
        if delays:
            self._join(WIRE, [_pair() for _ in range(2)], [control])
        elif hosts <= 2:
            self.ends = list(_pair())  # more ends than hosts do no harm
        else:
            self._join(HUB, [_pair() for _ in range(hosts)], [])
        control.close()

    def _join(self, middle: Path, pairs: list[tuple[socket.socket, socket.socket]], control: list[socket.socket]) -> None:
        self.ends = [ours for ours, _ in pairs]
        theirs = [end for _, end in pairs]
        fds = [one.fileno() for one in theirs + control]
        self._hub = process.spawn(["/usr/bin/python3", str(middle), *map(str, fds)], fds)
        for end in theirs:
            end.close()

    def delay(self, there: tuple[float, float], back: tuple[float, float]) -> None:
        """From host 1 to host 2, and back: us of delay, and mean us of jitter on top."""
        self._control.send(json.dumps([there, back]).encode())

    def hand_over(self) -> None:
        """The hosts hold their ends now; when one dies, the wire must notice."""
        for end in self.ends:
            end.close()

    def close(self) -> None:
        self.hand_over()
        self._control.close()
        if self._hub:
            process.end(self._hub)
