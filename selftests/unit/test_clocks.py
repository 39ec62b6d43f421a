#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What is computed from the traces of two hosts' clocks."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))

from bed.clocks import (Mark, Point, Reading, differences, figures, lock_s, marks, moved, parse,  # noqa: E402
                        told_differences)

KHZ = 2000000
EPOCH = 1790000000 * 10**9
"""Big enough that a double no longer holds single nanoseconds."""
AHEAD = -123456789012
"""The second host's TSC less the first's."""


def clock(count, step_ms, start_ms=0.0, offset_ns=0, ppm=0.0, ahead=0, width=100):
    """Readings, step_ms of true time apart, of a clock that was right plus offset_ns at true time 0."""
    times = [start_ms + number * step_ms for number in range(count)]
    return [Reading(int(at * KHZ) + 10**15 + ahead, EPOCH + round(at * 1e6 * (1 + ppm / 1e6)) + offset_ns, width)
            for at in times]


class Differences(unittest.TestCase):
    def test_sign_and_size_when_the_readings_are_not_simultaneous(self):
        points = differences(clock(10, 20), clock(10, 20, 7.3, 4321, ahead=AHEAD), AHEAD, 0, KHZ)
        self.assertEqual(len(points), 9)
        for point in points:
            self.assertAlmostEqual(point.error_ns, 4321, delta=1)

    def test_a_first_clock_that_drifts_is_interpolated(self):
        points = differences(clock(10, 1000, ppm=400), clock(9000, 1, 0.5, ahead=AHEAD), AHEAD, 0, KHZ)
        for point in points:
            self.assertAlmostEqual(point.error_ns, -400e-6 * (point.at_s + 0.0005) * 1e9, delta=2)

    def test_resolution_is_half_the_widths_and_the_doubt_of_the_tscs(self):
        first, second = clock(2, 20, width=300), clock(1, 20, 10, width=500)
        self.assertEqual(differences(first, second, 0, 40, KHZ)[0].resolution_ns, (150 + 250 + 40) / 2)
        wide = [first[0], Reading(first[1].tsc, first[1].ns, 900)]
        self.assertEqual(differences(wide, second, 0, 0, KHZ)[0].resolution_ns, (450 + 250) / 2)

    def test_readings_outside_the_other_trace_are_left_out(self):
        points = differences(clock(3, 20, 100), clock(20, 10, ahead=AHEAD), AHEAD, 0, KHZ)
        self.assertEqual([round(one.at_s * 1e3) for one in points], [100, 110, 120, 130])

    def test_seconds_count_from_the_origin_on_the_second_host(self):
        second = clock(3, 20, 5, ahead=AHEAD)
        points = differences(clock(9, 20), second, AHEAD, 0, KHZ, second[0].tsc - KHZ * 1500)
        self.assertAlmostEqual(points[0].at_s, 1.5)

    def test_lines_that_are_no_readings_are_skipped(self):
        self.assertEqual(parse("tsc=5\ntsc=1 ns=2 width=3\nTSC\n"), [Reading(1, 2, 3)])


MULT = (1 << 60) * 10**6 // KHZ
"""Nanoseconds per tick, in 2^-60."""


def status(at_ms, offset_ns=0, ahead=0, ppm=0):
    """What a clock that is ahead by offset_ns says of itself, at true time at_ms."""
    return {"time_cycles": int(at_ms * KHZ) + 10**15 + ahead, "time_ns": EPOCH + int(at_ms * 1e6) + offset_ns,
            "time_mult": MULT + MULT * ppm // 10**6}


class Told(unittest.TestCase):
    def test_sign_and_size_to_the_nanosecond(self):
        first = [status(at) for at in range(0, 1000, 100)]
        second = [status(at, 37, AHEAD) for at in range(33, 1000, 100)]
        points = told_differences(first, second, [Mark(10**15, AHEAD, 40)], KHZ)
        self.assertEqual(len(points), len(second))
        for number, point in enumerate(points):
            self.assertAlmostEqual(point.error_ns, 37, delta=1.01)
            self.assertAlmostEqual(point.at_s, number / 10)
            self.assertEqual(point.resolution_ns, 20)

    def test_the_first_clock_goes_on_at_its_own_rate_from_its_nearest_status(self):
        first = [status(0, ppm=100), status(1000, 5000, ppm=-100)]
        points = told_differences(first, [status(400, ahead=7), status(900, ahead=7)], [Mark(0, 7, 0)], KHZ)
        self.assertAlmostEqual(points[0].error_ns, -40000, delta=2)
        self.assertAlmostEqual(points[1].error_ns, -5000 - 10000, delta=2)

    def test_the_nearest_mark_counts(self):
        ruler = marks([{"n": 0, "tsc": 10**15, "difference": AHEAD, "resolution": 20},
                       {"n": 1, "tsc": 10**15 + 100 * KHZ, "difference": AHEAD + 200, "resolution": 60}])
        first = [status(at) for at in range(0, 200, 10)]
        points = told_differences(first, [status(20, 0, AHEAD), status(80, 0, AHEAD + 200)], ruler, KHZ)
        self.assertEqual([round(one.error_ns) for one in points], [0, 0])
        self.assertEqual([one.resolution_ns for one in points], [10, 30])

    def test_steps_of_the_tscs_are_told_as_long_as_they_matter(self):
        ruler = [Mark(at * KHZ, 500 if at >= 100 else 0, 40) for at in range(0, 200, 10)]
        self.assertEqual([moved(ruler, at * KHZ, 50 * KHZ) for at in (80, 99, 120, 139, 151)], [0, 420, 420, 420, 0])
        self.assertEqual(moved(ruler, 999 * KHZ, KHZ), 420)


class Statistics(unittest.TestCase):
    def test_figures(self):
        points = [Point(number, -1000 if number % 2 else 1000, 0) for number in range(198)]
        found = figures([*points, Point(198, 5000, 0), Point(199, -7000, 0)])
        self.assertEqual((found.p99_ns, found.max_ns, found.count, found.mean_ns), (1000, 7000, 200, -10))
        self.assertAlmostEqual(found.rms_ns, ((198 * 1e6 + 25e6 + 49e6) / 200) ** 0.5)

    def test_lock_is_where_the_error_begins_to_stay_within_the_limit(self):
        errors = [9e6, 50, -9e6, 9e6, 90, -90, 80, -70, 60, -50]
        points = [Point(number / 2, error, 0) for number, error in enumerate(errors)]
        self.assertEqual(lock_s(points, 100, 2), 2)
        self.assertIsNone(lock_s(points, 100, 3))
        self.assertIsNone(lock_s(points, 85, 2))


if __name__ == "__main__":
    unittest.main()
