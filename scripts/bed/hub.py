#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""An Ethernet hub: what comes in on one inherited datagram socket goes out on all others.
A process of its own, so that a busy test does not delay the frames."""

import selectors
import socket
import sys


def forward(frame: bytes, ports: list[socket.socket]) -> None:
    for port in ports:
        try:
            port.send(frame)
        except OSError:  # its queue is full or its host is dead: frames are lost, as on a wire
            pass


def main() -> None:
    ports = [socket.socket(fileno=int(number)) for number in sys.argv[1:]]
    selector = selectors.DefaultSelector()
    for port in ports:
        port.setblocking(False)
        selector.register(port, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            try:
                frame = key.fileobj.recv(65536)
            except OSError:  # its host died
                selector.unregister(key.fileobj)
                continue
            forward(frame, [port for port in ports if port is not key.fileobj])


if __name__ == "__main__":
    main()
