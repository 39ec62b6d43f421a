# SPDX-License-Identifier: GPL-2.0
"""A cluster of KVM hosts on one machine, for tests. See README."""

from .bed import Bed
from .channel import Job
from .errors import BedError, CommandFailed, CommandTimeout, HostFailed
from .host import Host

__all__ = ["Bed", "BedError", "CommandFailed", "CommandTimeout", "Host", "HostFailed", "Job"]
