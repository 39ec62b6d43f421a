# SPDX-License-Identifier: GPL-2.0
"""A shell of a host that needs no file of L0's: for hosts that go to sleep, since 9p does not come back from that."""

import json
from typing import Any

from .errors import CommandFailed
from .host import Host

ROOT = "/run/awake"
MAKE = f"""
mkdir -p {ROOT}/bin {ROOT}/dev {ROOT}/proc {ROOT}/sys
cp -L /bin/busybox tools/dvmmctl {ROOT}/bin
for library in $(ldd tools/dvmmctl | sed -nE 's,.*[[:space:]](/[^ ]+) \\(.*,\\1,p'); do
	mkdir -p {ROOT}$(dirname $library)
	cp -L $library {ROOT}$library
done
for directory in dev proc sys; do mount --rbind /$directory {ROOT}/$directory; done
chroot {ROOT} /bin/busybox --install -s /bin
# What the agent may still call is in memory now.
for file in $(ls -l /proc/1/map_files | sed 's,.*-> ,,' | sort -u); do cat $file > /dev/null; done
modprobe button
"""
"""The button: ACPI's event for it wakes a host only if it has a driver. RTC alarms do not: Linux expects them as an
ACPI event, too, which QEMU gives no machine that runs."""


class AwakeShell:
    """One command at a time, by busybox."""

    def __init__(self, host: Host):
        host.run(MAKE)
        self._host = host
        self._job = host.start(f"exec chroot {ROOT} /bin/busybox sh 2>&1")
        self.monitor = host.start(f"exec chroot {ROOT} /bin/dvmmctl monitor --json --interval 0.1")
        """Goes on over a sleep. A job that is begun after one waits for 9p for ever."""
        self.monitor.wait_for(r"^\{", 30)

    def run(self, command: str, timeout: float = 60) -> str:
        self.begin(command)
        return self.end(timeout)

    def begin(self, command: str) -> None:
        self._from = len(self._job.output)
        self._command = command
        self._job.send(f"{command}; echo EXIT $?")

    def end(self, timeout: float = 60) -> str:
        found = self._job.wait_for(r"^EXIT (\d+)$", timeout)
        output = self._job.output[self._from:found.start()]
        if found[1] != "0":
            raise CommandFailed(f"{self._host.name}, awake: {self._command}", int(found[1]), output)
        return output

    def status(self) -> dict[str, Any]:
        return json.loads(self.run("dvmmctl status --json"))
