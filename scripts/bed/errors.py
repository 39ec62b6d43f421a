# SPDX-License-Identifier: GPL-2.0
"""What can go wrong with a bed."""


class BedError(Exception):
    """The bed itself could not do what it was asked."""


class HostFailed(BedError):
    """A host oopsed, warned, hung or went away."""


class CommandFailed(BedError):
    """A command in a host ended with a status other than 0."""

    def __init__(self, what: str, status: int, output: str):
        super().__init__(f"{what}: exit status {status}\n{output}".rstrip())
        self.status = status
        self.output = output


class CommandTimeout(BedError):
    """A command, or something waited for in its output, took too long."""
