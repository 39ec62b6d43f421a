#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A wire between two hosts whose delays can be set. Delays belong here: tc netem in a host holds frames back before
the driver stamps them, so that no stamp shows it.

Arguments: the two ends' sockets, the control socket. Each control message is one JSON list, from end 0 to 1 and back:
[[delay_us, jitter_us], [delay_us, jitter_us]]. Jitter is exponentially distributed, as in a queue, and like a queue it
keeps the order."""

import heapq
import itertools
import json
import os
import random
import select
import socket
import sys
import time


class Direction:
    def __init__(self, source: socket.socket, sink: socket.socket, seed: int):
        self.source = source
        self._sink = sink
        self._random = random.Random(seed)
        self._last = 0.0
        self.delay_us = self.jitter_us = 0.0

    def due(self, now: float) -> float:
        jitter = self._random.expovariate(1 / self.jitter_us) if self.jitter_us else 0.0
        self._last = max(self._last, now + (self.delay_us + jitter) / 1e6)
        return self._last

    def send(self, frame: bytes) -> None:
        try:
            self._sink.send(frame)
        except OSError:  # its queue is full or its host is dead: frames are lost, as on a wire
            pass


class Wire:
    def __init__(self, ends: list[socket.socket], control: socket.socket):
        self._control = control
        self._ways = [Direction(ends[0], ends[1], 1), Direction(ends[1], ends[0], 2)]
        self._sources = {way.source: way for way in self._ways}
        self._waiting: list[tuple[float, int, Direction, bytes]] = []
        self._numbers = itertools.count()

    def _receive(self, source: socket.socket) -> None:
        if source is self._control:
            for way, (way.delay_us, way.jitter_us) in zip(self._ways, json.loads(source.recv(4096))):
                pass
            return
        try:
            frame = source.recv(65536)
        except OSError:  # its host died
            del self._sources[source]
            return
        way = self._sources[source]
        now = time.monotonic()
        heapq.heappush(self._waiting, (way.due(now), next(self._numbers), way, frame))

    def _deliver(self) -> float | None:
        """Delivers what is due; returns the seconds until the next is."""
        while self._waiting:
            left = self._waiting[0][0] - time.monotonic()
            if left > 0:
                return left
            _, _, way, frame = heapq.heappop(self._waiting)
            way.send(frame)
        return None

    def run(self) -> None:
        while True:
            readable, _, _ = select.select([*self._sources, self._control], [], [], self._deliver())
            for source in readable:
                self._receive(source)


def _be_prompt() -> None:
    """A wire is not held up by how busy the hosts at its ends are."""
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    except PermissionError:
        pass


def main() -> None:
    *ends, control = [socket.socket(fileno=int(number)) for number in sys.argv[1:]]
    _be_prompt()
    Wire(ends, control).run()


if __name__ == "__main__":
    main()
