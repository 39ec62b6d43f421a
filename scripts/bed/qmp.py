# SPDX-License-Identifier: GPL-2.0
"""A QMP client: one command at a time, events are skipped."""

import json
import socket
from typing import Any

from .errors import BedError


class Qmp:
    def __init__(self, connection: socket.socket):
        connection.settimeout(30)
        self._stream = connection.makefile("rw")
        self._ready = False

    def _read(self) -> dict:
        line = self._stream.readline()
        if not line:
            raise BedError("QEMU closed its QMP socket")
        return json.loads(line)

    def _answer(self, command: str, arguments: dict) -> Any:
        request = {"execute": command, "arguments": arguments}
        self._stream.write(json.dumps(request) + "\n")
        self._stream.flush()
        while True:
            message = self._read()
            if "error" in message:
                raise BedError(f"QMP {command}: {message['error']['desc']}")
            if "return" in message:
                return message["return"]

    def execute(self, command: str, **arguments: Any) -> Any:
        if not self._ready:
            self._read()  # the greeting
            self._answer("qmp_capabilities", {})
            self._ready = True
        return self._answer(command, arguments)
