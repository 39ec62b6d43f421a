# SPDX-License-Identifier: GPL-2.0
"""A test guest (selftests/guest): its console takes one command a line, and answers EXIT and a status."""

import re
from pathlib import Path
from typing import Any

from .channel import Job
from .errors import CommandFailed
from .host import Host
from .machine import TREE

INITRD = TREE / "selftests/guest/build/initrd.gz"


class Shell:
    """guest = Shell(host, device="/dev/dvmm/kvm", cpus=2); guest.run("oracle lead")"""

    def __init__(self, host: Host, initrd: Path = INITRD, **options: Any):
        self.job: Job = host.guest(initrd, **options)
        self.clocksource = self.tsc_khz = None

    def wait_ready(self, timeout: float = 180) -> "Shell":
        ready = self.job.wait_for(r"^GUEST READY clocksource=(\S*) tsc_khz=(\d*)", timeout)
        self.clocksource, self.tsc_khz = ready.groups()
        return self

    def start(self, command: str) -> "Call":
        return Call(self, command)

    def run(self, command: str, timeout: float = 60, check: bool = True) -> str:
        call = self.start(command)
        status = call.wait(timeout)
        if check and status:
            raise CommandFailed(f"guest: {command}", status, call.output)
        return call.output

    def kill(self) -> None:
        self.job.kill()
        self.job.wait(30)


class Call:
    """A command under way in a guest; one at a time."""

    def __init__(self, shell: Shell, command: str):
        self._job = shell.job
        self._from = len(shell.job.output)
        self._to: int | None = None
        shell.job.send(command)

    def wait(self, timeout: float) -> int:
        end = self._job.wait_for(r"^EXIT (\d+)\s*$", timeout)
        self._to = end.start()
        return int(end[1])

    @property
    def output(self) -> str:
        return self._job.output[self._from:self._to].replace("\r", "")

    def pairs(self, word: str) -> list[dict[str, int]]:
        """The complete lines so far that begin with the word, their key=number pairs."""
        text = self.output[:self.output.rfind("\n") + 1]
        return [{key: int(value) for key, value in re.findall(r"(\w+)=(-?\d+)\b", line)}
                for line in text.splitlines() if line.startswith(word + " ")]
