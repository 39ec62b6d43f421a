# SPDX-License-Identifier: GPL-2.0
"""Joins a job in a host to the terminal, or to the output, of the user."""

import os
import select
import sys
import termios
import tty
from contextlib import contextmanager
from typing import Callable, Iterator

from .channel import Job
from .host import Host


def prefixed(name: str) -> Callable[[str], None]:
    """Prints text line by line behind a name."""
    partial = [""]

    def on_text(text: str) -> None:
        *lines, partial[0] = (partial[0] + text).split("\n")
        for line in lines:
            print(f"{name}| {line}", flush=True)

    return on_text


def connect(host: Host, command: str) -> int:
    """Runs a command with the user's terminal as its own."""
    job = host.start(command, _write, tty=True)
    with _raw():
        _type(job)
    return job.wait(10)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _type(job: Job) -> None:
    while job.running:
        if select.select([sys.stdin], [], [], 0.1)[0]:
            data = os.read(sys.stdin.fileno(), 4096)
            job.send_raw(data.decode(errors="replace") if data else "\x04")


@contextmanager
def _raw() -> Iterator[None]:
    """Keys go through one by one, Ctrl-C too."""
    if not sys.stdin.isatty():
        yield
        return
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setraw(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
