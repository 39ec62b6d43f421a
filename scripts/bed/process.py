# SPDX-License-Identifier: GPL-2.0
"""Processes that end with the one that started them."""

import ctypes
import os
import signal
import subprocess
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1


def spawn(command: list[str], fds: list[int], **options: Any) -> subprocess.Popen:
    """In a session of its own, so that the terminal's Ctrl-C reaches the bed only."""
    parent = os.getpid()

    def child() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it ended before the prctl
            os._exit(1)

    return subprocess.Popen(command, pass_fds=fds, start_new_session=True, preexec_fn=child,
                            stdin=subprocess.DEVNULL, **options)


def end(process: subprocess.Popen) -> None:
    if process.poll() is None:
        process.kill()
    process.wait()
