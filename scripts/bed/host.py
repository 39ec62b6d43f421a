# SPDX-License-Identifier: GPL-2.0
"""One host of a bed: a QEMU, its console, and the commands that run in it."""

import socket
import subprocess
from pathlib import Path
from typing import Any, Callable, NoReturn

from . import guest, process
from .channel import Channel, Job
from .errors import CommandFailed, HostFailed
from .kernel import Kernel
from .machine import Machine, Sockets, command
from .qmp import Qmp
from .watch import Console


class Host:
    def __init__(self, number: int, machine: Machine, kernel: Kernel, run: Path, network: int, window: int):
        self.number = number
        self.name = f"host{number}"
        self.address = f"10.77.0.{number}"
        self.kernel = kernel
        self.console = Console(run / f"console-{number}.log")
        self._log = run / f"qemu-{number}.log"
        self._dead_by_order = False
        agent, agent_end = socket.socketpair()
        qmp, qmp_end = socket.socketpair()
        sockets = Sockets(agent_end.fileno(), qmp_end.fileno(), network, window)
        self._process = self._spawn(command(machine, kernel, number, run, sockets), sockets)
        agent_end.close()
        qmp_end.close()
        self._channel = Channel(self.name, agent, lambda: self._explain("went away"))
        self._qmp = Qmp(qmp)

    def _spawn(self, arguments: list[str], sockets: Sockets) -> subprocess.Popen:
        with self._log.open("wb") as log:
            return process.spawn(arguments, sockets.all(), stdout=log, stderr=log)

    def wait_ready(self, timeout: float) -> None:
        if not self._channel.wait(lambda: self._channel.ready, timeout):
            self._explain(f"not up after {timeout:.0f} s")

    # --- commands

    def start(self, command: str, on_text: Callable[[str], None] | None = None, tty: bool = False) -> Job:
        """Starts a bash command; its directory is the tree."""
        return self._channel.start(command, on_text, tty)

    def run(self, command: str, timeout: float = 60, check: bool = True) -> str:
        """Runs a bash command to its end and returns what it printed."""
        job = self.start(command)
        status = job.wait(timeout)
        self.check()
        if check and status:
            raise CommandFailed(str(job), status, job.output)
        return job.output

    def status(self, command: str, timeout: float = 60) -> int:
        """Runs a bash command to its end and returns its exit status."""
        return self.start(command).wait(timeout)

    def guest(self, initrd: Path | str, **options: Any) -> Job:
        """Starts a guest; see guest.start for the options."""
        return guest.start(self, initrd, **options)

    # --- the machine

    def stop(self) -> None:
        """Stops the machine, and its TSC with it."""
        self._qmp.execute("stop")

    def cont(self) -> None:
        self._qmp.execute("cont")

    def press_power(self) -> None:
        """The power button, which wakes a host."""
        self._qmp.execute("system_powerdown")

    def kill(self) -> None:
        """A power cut."""
        self._dead_by_order = True
        process.end(self._process)

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def check(self) -> None:
        """Raises HostFailed if the host is not well."""
        if self.console.trouble():
            self._explain("is not well")
        if not self.alive and not self._dead_by_order:
            self._explain("ended unexpectedly")

    def _explain(self, what: str) -> NoReturn:
        raise HostFailed(f"{self.name} {what}\n{self._qemu_said()}--- console of {self.name}:\n"
                         f"{self.console.trouble() or self.console.tail()}".rstrip())

    def _qemu_said(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines(keepends=True)
        return "".join(line for line in lines if "TCG doesn't support requested feature" not in line)

    def cpu_ns(self) -> int:
        """The CPU time of L0 that this host has used since it was started, all of its QEMU."""
        tasks = Path(f"/proc/{self._process.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks)

    def close(self) -> None:
        self._channel.close()
        process.end(self._process)
