#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""The UAPI header, the YNL spec and dvmmctl's JSON agree on names and numbers."""

import pathlib
import re
import unittest

import yaml

TREE = pathlib.Path(__file__).resolve().parents[2]
HEADER = (TREE / "include/uapi/linux/dvmm.h").read_text()
JSON_SOURCE = (TREE / "tools/json.c").read_text()
TIMERS_SOURCE = (TREE / "tools/timers.c").read_text()
SPEC = yaml.safe_load((TREE / "Documentation/netlink/specs/dvmm.yaml").read_text())


def header_enum(name):
    """{enumerator: value} of an enum of the header, as the compiler counts."""
    body = re.search(r"^enum %s \{(.*?)^\};" % name, HEADER, re.S | re.M).group(1)
    names = re.findall(r"^\t(\w+),$", body, re.M)
    assert "=" not in body, f"enum {name} has explicit values: teach this test"
    return {name: value for value, name in enumerate(names) if not name.startswith("__")}


def header_type(attribute):
    """"u64" of " * @DVMM_A_RX: u64, ..." in the header's kernel-doc."""
    return re.search(r"^ \* @%s: (\w+)" % attribute, HEADER, re.M).group(1)


def header_define(name):
    return re.search(r'^#define %s "?([^"\n]+)"?$' % name, HEADER, re.M).group(1)


def upper(prefix, name):
    return (prefix + name).upper().replace("-", "_")


def numbered(prefix, entries, start):
    """{C name: value} of a list of the spec; a "value" restarts the count."""
    result = {}
    for entry in entries:
        start = entry.get("value", start)
        result[upper(prefix, entry["name"])] = start
        start += 1
    return result


def definition(name):
    return next(d for d in SPEC["definitions"] if d["name"] == name)


class Spec(unittest.TestCase):
    attributes = SPEC["attribute-sets"][0]["attributes"]

    def test_family(self):
        self.assertEqual(SPEC["name"], header_define("DVMM_GENL_NAME"))
        self.assertEqual(SPEC["mcast-groups"]["list"],
                         [{"name": header_define("DVMM_GENL_MCGRP_EVENTS")}])
        self.assertEqual(SPEC.get("version", 1), int(header_define("DVMM_GENL_VERSION")))

    def test_enums(self):
        for name in ("state", "role"):
            spec = numbered(f"dvmm-{name}-", definition(name)["entries"], 0)
            self.assertEqual(spec, header_enum(f"dvmm_{name}"))

    def test_attributes(self):
        prefix = SPEC["attribute-sets"][0]["name-prefix"]
        spec = numbered(prefix, self.attributes, 1)
        self.assertEqual({"DVMM_A_UNSPEC": 0} | spec, header_enum("dvmm_attr"))

    def test_nested_attributes(self):
        nested = SPEC["attribute-sets"][1]
        spec = numbered(nested["name-prefix"], nested["attributes"], 1)
        self.assertEqual({"DVMM_DROP_A_UNSPEC": 0} | spec, header_enum("dvmm_drop_attr"))

    def test_sources(self):
        for name in ("source-id", "source-fault"):
            enum = definition(name)
            entries = [{"name": entry} for entry in enum["entries"]]
            self.assertEqual(numbered(enum["name-prefix"], entries, 0),
                             header_enum("dvmm_" + name.replace("-", "_")))
        source = SPEC["attribute-sets"][2]
        spec = numbered(source["name-prefix"], source["attributes"], 1)
        self.assertEqual({"DVMM_SOURCE_A_UNSPEC": 0} | spec, header_enum("dvmm_source_attr"))
        names = [a["name"] for a in source["attributes"][1:]]
        self.assertEqual(SPEC["operations"]["list"][2]["dump"]["reply"]["attributes"], names)
        for attribute in source["attributes"][1:]:
            name = upper(source["name-prefix"], attribute["name"])
            self.assertEqual(attribute["type"], header_type(name), name)

    def test_timers(self):
        for name in ("tick-policy", "timer-device"):
            enum = definition(name)
            entries = [{"name": entry} for entry in enum["entries"]]
            self.assertEqual(numbered(enum["name-prefix"], entries, 0),
                             header_enum("dvmm_" + name.replace("-", "_")))
            for entry in enum["entries"]:
                self.assertIn(f'"{entry}"', TIMERS_SOURCE)
        timer = SPEC["attribute-sets"][3]
        spec = numbered(timer["name-prefix"], timer["attributes"], 1)
        self.assertEqual({"DVMM_TIMER_A_UNSPEC": 0} | spec, header_enum("dvmm_timer_attr"))
        names = [a["name"] for a in timer["attributes"][1:]]
        self.assertEqual(SPEC["operations"]["list"][3]["dump"]["reply"]["attributes"], names)
        for attribute in timer["attributes"][1:]:
            name = upper(timer["name-prefix"], attribute["name"])
            self.assertEqual(attribute["type"], header_type(name), name)

    def test_attribute_types(self):
        for attribute in self.attributes[1:]:
            name = upper("dvmm-a-", attribute["name"])
            self.assertEqual(attribute["type"], header_type(name), name)

    def test_commands(self):
        prefix = SPEC["operations"]["name-prefix"]
        spec = numbered(prefix, SPEC["operations"]["list"], 1)
        self.assertEqual({"DVMM_CMD_UNSPEC": 0} | spec, header_enum("dvmm_cmd"))

    def test_reply_has_every_attribute(self):
        status = SPEC["operations"]["list"][0]
        self.assertEqual(status["do"]["reply"]["attributes"],
                         [a["name"] for a in self.attributes[1:]])

    def test_json_has_every_attribute(self):
        keys = re.findall(r'^\t(?:MEMBER\(|\{ ")(\w+)', JSON_SOURCE, re.M)
        names = [a["name"].replace("-", "_") for a in self.attributes[1:]]
        self.assertEqual(keys, [{"phc_index": "phc"}.get(name, name) for name in names])


if __name__ == "__main__":
    unittest.main()
