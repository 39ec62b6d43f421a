# SPDX-License-Identifier: GPL-2.0
"""What a kselftest program said: its exit status, and the lines of TAP in its output."""

import re

Items = dict[str, str]
"""pass, fail, skip, hang, gone by name: PROGRAM for the program's status, PROGRAM: LINE for each line of TAP."""

STATUS = {-1: "gone", 0: "pass", 4: "skip", 124: "hang", 137: "hang", 143: "hang"}
RANK = ["pass", "skip", "fail"]
LINE = re.compile(r"^(not ok|ok)\s+\d+\s*-?\s*(.*?)\s*(#\s*skip.*)?$", re.IGNORECASE)


def _normal(name: str) -> str:
    """Without what is measured, which is another each time."""
    name = re.sub(r"\[(OK|FAIL|SKIP)\]", "", name)
    return " ".join(re.sub(r"0x[0-9a-f]+|-?\d{4,}", "N", name).split())


def items(program: str, status: int, output: str) -> Items:
    """Lines of one name count as the worst of them."""
    found = {program: STATUS.get(status, "fail")}
    for line in output.splitlines():
        match = LINE.match(line.strip())
        if not match or not _normal(match[2]):
            continue
        word = "fail" if match[1].lower() == "not ok" else "skip" if match[3] else "pass"
        name = f"{program}: {_normal(match[2])}"
        found[name] = max(found.get(name, "pass"), word, key=RANK.index)
    return found
