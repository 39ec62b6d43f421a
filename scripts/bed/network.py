# SPDX-License-Identifier: GPL-2.0
"""The wire between the hosts: socket pairs, so that no frame can reach anything else."""

import socket
import subprocess
from pathlib import Path

from . import process

HUB = Path(__file__).with_name("hub.py")


def _pair() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)


class Network:
    """Two hosts share a pair, the shortest wire; more meet at a hub. A single host has a wire to nowhere."""

    def __init__(self, hosts: int):
        self.ends: list[socket.socket] = []
        self._hub: subprocess.Popen | None = None
        if hosts <= 2:
            self.ends = list(_pair())  # more ends than hosts do no harm
        else:
            self._join([_pair() for _ in range(hosts)])

    def _join(self, pairs: list[tuple[socket.socket, socket.socket]]) -> None:
        self.ends = [ours for ours, _ in pairs]
        fds = [theirs.fileno() for _, theirs in pairs]
        self._hub = process.spawn(["/usr/bin/python3", str(HUB), *map(str, fds)], fds)
        for _, theirs in pairs:
            theirs.close()

    def hand_over(self) -> None:
        """The hosts hold their ends now; when one dies, the wire must notice."""
        for end in self.ends:
            end.close()

    def close(self) -> None:
        self.hand_over()
        if self._hub:
            process.end(self._hub)
