# SPDX-License-Identifier: GPL-2.0
"""A bed: hosts on one wire, with one window of memory shared by all of them."""

import mmap
import os
import shutil
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, Iterator

from . import initramfs
from .errors import BedError, HostFailed
from .host import Host
from .kernel import find
from .machine import WINDOW, Machine, kvm_modules, network_modules
from .network import Network


class Bed:
    """with Bed(hosts=2, cpus=2) as bed: bed[0].run("uname -r")

    The keywords are the fields of Machine. Leaving the block ends all that was started; if it is
    left by an exception, or a host was not well, the logs are kept and named in the message.
    """

    def __init__(self, hosts: int = 2, kernel: str | None = None, boot_timeout: float = 90,
                 delays: bool = False, **machine: Any):
        if not 1 <= hosts <= 4:
            raise BedError(f"a bed has 1 to 4 hosts, not {hosts}")
        if delays and hosts != 2:
            raise BedError("a wire with delays has two ends")
        self.kernel = find(kernel)
        self.machine = Machine(**machine)
        self._initramfs = initramfs.build(self.kernel, network_modules(self.machine), kvm_modules(self.machine))
        self.hosts: list[Host] = []
        self.failed = False
        """Set by a test that saw a failure without leaving the block by an exception: keeps the logs."""
        self._count = hosts
        self._timeout = boot_timeout
        self._delays = delays
        self._network: Network | None = None

    def __getitem__(self, index: int) -> Host:
        return self.hosts[index]

    def __iter__(self) -> Iterator[Host]:
        return iter(self.hosts)

    def __len__(self) -> int:
        return len(self.hosts)

    @property
    def share(self) -> Path:
        """A directory that every host sees as $DVMM_SHARE, writable on both sides."""
        return self.directory / "share"

    def __enter__(self) -> "Bed":
        _end_on_sigterm()
        try:
            self._enter_once()
        except HostFailed as error:
            print(f"# booted again, since a host did not come up: {error}", file=sys.stderr)
            self.hosts.clear()
            self._enter_once()
        return self

    def _enter_once(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="dvmm-bed-"))
        try:
            self._boot()
        except BaseException as error:
            self._leave(error)
            raise

    def _boot(self) -> None:
        self.share.mkdir()
        (self.directory / "initramfs").write_bytes(self._initramfs)
        self._network = Network(self._count, self._delays)
        window = _window()
        self.memory = mmap.mmap(window, WINDOW)
        for number, end in zip(range(1, self._count + 1), self._network.ends):
            self.hosts.append(Host(number, self.machine, self.kernel, self.directory, end.fileno(), window))
        self._network.hand_over()
        os.close(window)
        for host in self.hosts:
            host.wait_ready(self._timeout)

    def delay(self, there: tuple[float, float] = (0, 0), back: tuple[float, float] = (0, 0)) -> None:
        """Sets what the wire adds from host 1 to host 2, and back: us, and the mean us of jitter. Needs delays=True."""
        self._network.delay(there, back)

    def check(self) -> None:
        """Raises HostFailed if a host oopsed, warned, hung or went away unasked."""
        for host in self.hosts:
            host.check()

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        try:
            if error is None:
                self.check()
            elif not isinstance(error, HostFailed):
                self._note_trouble(error)
        except BedError as found:
            error = found
            raise
        finally:
            self._leave(error)

    def _note_trouble(self, error: BaseException) -> None:
        """A host that is not well is likely the cause of whatever else went wrong."""
        for host in self.hosts:
            if trace := host.console.trouble():
                error.add_note(f"--- console of {host.name}:\n{trace}")

    def _leave(self, error: BaseException | None) -> None:
        for host in self.hosts:
            host.close()
        if self._network:
            self._network.close()
        if self.failed or isinstance(error, Exception):
            self._keep_logs(error)
        else:
            shutil.rmtree(self.directory)

    def _keep_logs(self, error: BaseException | None) -> None:
        shutil.rmtree(self.share, ignore_errors=True)
        (self.directory / "initramfs").unlink(missing_ok=True)
        if error:
            error.add_note(f"logs: {self.directory}")
        else:
            print(f"logs: {self.directory}", file=sys.stderr)


def _window() -> int:
    """Shared memory without a name: nothing to leave behind in /dev/shm."""
    window = os.memfd_create("dvmm-window")
    os.ftruncate(window, WINDOW)
    return window


def _end_on_sigterm() -> None:
    """Unwinds on SIGTERM as on Ctrl-C, unless the program has its own way."""
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
