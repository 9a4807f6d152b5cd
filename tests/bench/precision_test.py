# SPDX-License-Identifier: GPL-2.0-only
"""What of the bench's arithmetic could flatter us: signs, pairing, which way a
ratio goes, and rows that were not measured. Prints TAP."""

import gzip
import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True

import ledger  # noqa: E402
import precision  # noqa: E402
import programs  # noqa: E402
import stats  # noqa: E402
import table  # noqa: E402

HEADER = "dir,n,seq,port,enter_ns,leave_ns,action\n"


def ledger_of(text):
    with tempfile.TemporaryDirectory() as d:
        path = os.path.join(d, "ledger.csv.gz")
        with gzip.open(path, "wt") as f:
            f.write(HEADER + text)
        return ledger.read(path)


def duration(p50, *terms):
    return {"p50": p50, "instrument": {"p50": {"terms": [
        dict(zip(("ns", "shape", "common"), t), name="gap") for t in terms]}}}


class Ledger(unittest.TestCase):
    def test_truth_runs_from_request_in_to_reply_out(self):
        rows = ledger_of("ab,0,7,9,100,200,pass\nba,0,7,9,250,900,pass\n")
        trip = ledger.trips(rows)[7]
        self.assertEqual((ledger.true_ns(trip), ledger.held_ns(trip)),
                         (800, 750))

    def test_duplicates_and_losses_are_left_out(self):
        rows = ledger_of("ab,0,1,9,1,2,dup\nba,0,1,9,3,4,pass\n"
                         "ba,1,1,9,5,6,pass\nab,1,2,9,1,,drop\n"
                         "ab,2,3,9,1,2,pass\n")
        self.assertEqual(ledger.trips(rows), {})

    def test_a_strange_session_does_not_count(self):
        rows = ledger_of("ab,0,1,9,1,2,pass\nab,1,2,9,1,2,pass\n"
                         "ab,2,1,8,50,60,pass\nba,0,1,9,3,4,pass\n")
        self.assertEqual(list(ledger.trips(rows)), [1])

    def test_little_endian(self):
        self.assertEqual(ledger.swapped(0x01000000), 1)


class Errors(unittest.TestCase):
    def test_what_is_said_too_long_is_positive(self):
        self.assertEqual(precision.errors({1: 110, 2: 90, 3: 5},
                                          {1: 100, 2: 100}), [10, -10])

    def test_network_has_the_far_host_added_once(self):
        row = {"network_ns": 100, "remote_rx_ns": 20, "remote_tx_ns": 27}
        self.assertEqual(programs.xrtt_network(row), 107)
        self.assertIsNone(programs.xrtt_network({**row,
                                                 "remote_tx_ns": None}))


class Programs(unittest.TestCase):
    def test_ping_and_fping(self):
        self.assertEqual(programs.ping(
            "64 bytes from 1: icmp_seq=1 ttl=64 time=55.1 ms\n"
            "64 bytes from 1: icmp_seq=2 ttl=64 time=0.123 ms\n"
            "64 bytes from 1: icmp_seq=2 ttl=64 time=9 ms (DUP!)\n"),
            {1: 55.1e6})
        self.assertEqual(programs.fping(
            "[1.0] a : [0], 64 bytes, 55.2 ms (55.2 avg, 0% loss)\n"
            "[1.0] a : [1], timed out (NaN avg, 100% loss)\n"), {0: 55.2e6})

    def test_irtt_has_its_servers_time_added(self):
        text = ('{"round_trips": [{"lost": "false", "seqno": 3, "delay": '
                '{"rtt": 100}, "timestamps": {"server": {"send": '
                '{"monotonic": 12}, "receive": {"monotonic": 5}}}}]}')
        self.assertEqual(programs.irtt(text), {3: 107})

    def test_numbers_by_time(self):
        jitter = [0, 70, 10, 40, 95, 20, 66, 3, 81, 55, 31, 12]
        trips = {}
        for i in range(60):
            enter = 1000000 * i + 1000 * jitter[i % 12] + 7 * i * i
            trips[i + 1] = (enter, enter + 5000000)
        log = [(trips[i][0] - 123456789, 5000000 + i) for i in range(20, 50)
               if i != 33]
        self.assertEqual(programs.number_by_time(log, trips),
                         {i: 5000000 + i for i in range(20, 50) if i != 33})

    def test_no_numbers_where_no_way_stands_out(self):
        trips = {i: (1000000 * i, 1000000 * i + 900) for i in range(60)}
        log = [(1000000 * i, 1000) for i in range(30)]
        self.assertEqual(programs.number_by_time(log, trips), {})

    def test_application_side(self):
        echo = b"\x08\0..idsq" + bytes(56)
        answer = b"\x45" + bytes(8) + b"\1" + bytes(10) + b"\0\0..idsq"
        stamp = bytes(20) + b"\0\0\0\0\0\0\0\5" + bytes(16)
        number = programs.app_number
        self.assertEqual(number(echo, False), 0x7371)
        self.assertEqual(number(answer + bytes(36), True), 0x7371)
        self.assertIsNone(number(echo, True))
        self.assertEqual(number(stamp, True), 5)
        self.assertEqual(number(stamp, False), 0)
        self.assertIsNone(number(b"\xff" * 44, False))


class Statistics(unittest.TestCase):
    def test_the_sign_is_kept(self):
        s = stats.summary({1: [-5, -4, -3], 2: [-4]})
        self.assertEqual((s["median"], s["min"], s["rounds"]), (-4, -5, 2))
        self.assertIsNone(stats.summary({}))

    def test_times_smaller_is_theirs_by_ours(self):
        ours = stats.summary({1: [2], 2: [-2], 3: [9]})
        theirs = stats.summary({1: [-40], 2: [20]})
        self.assertEqual(stats.times_smaller(ours, theirs)["ratio"], 15)
        self.assertIsNone(stats.times_smaller(stats.summary({1: [0]}),
                                              theirs))

    def test_slope(self):
        b, a, residuals = stats.slope([(0, 5), (10, 25), (20, 45)])
        self.assertAlmostEqual(b, 2)
        self.assertAlmostEqual(a, 5)
        self.assertAlmostEqual(max(map(abs, residuals)), 0)
        self.assertIsNone(stats.slope([(1, 1), (1, 2)]))

    def test_the_best_peer_is_the_nearest(self):
        self.assertEqual(table.best_ratio({"a": {"ratio": 30},
                                           "b": {"ratio": 3}, "c": None}),
                         ("b", 3))
        self.assertIsNone(table.best_ratio({}))

    def test_the_weakest_rounds_do_not_vanish(self):
        self.assertIsNone(stats.sign_interval([1, 2, 3]))
        self.assertEqual(stats.sign_interval(list(range(6))), [0, 5])


class Closure(unittest.TestCase):
    def run_of(self, socket, bypass):
        return {"engines": {"socket": {"network_ns": socket},
                            "bypass": {"network_ns": bypass}}}

    def test_common_terms_widen_nothing(self):
        common = (1000, "symmetric", True)
        found = precision.closure(self.run_of(
            duration(110, common, (3, "symmetric", False)),
            duration(100, common, (4, "symmetric", False))))
        self.assertEqual(found, (10, 5, 15))

    def test_what_lengthens_one_moves_one_end(self):
        found = precision.closure(self.run_of(
            duration(110, (20, "lengthens", False)),
            duration(100, (1, "lengthens", False))))
        self.assertEqual(found, (10, -10, 11))

    def test_no_bound_is_no_agreement(self):
        for terms in ([(None, "lengthens", False)], []):
            found = precision.closure(self.run_of(
                duration(110, *terms), duration(100, (1, "symmetric",
                                                      False))))
            self.assertIsInstance(found, str)


class Table(unittest.TestCase):
    def test_what_was_not_measured_was_not_reached(self):
        with tempfile.TemporaryDirectory() as d:
            sections, _ = table.build(d, {"cost": None, "cpu": None})
        rows = [r for _, each in sections for r in each if r["reach"]]
        self.assertGreater(len(rows), 7)
        for r in rows:
            self.assertIs(r["met"], False, r["name"])
            self.assertFalse(r["values"])

    def test_a_change(self):
        values = [(i & 1, 1000 + 2000 * (i & 1)) for i in range(200)]
        self.assertEqual(precision.by_class(values), 2000)
        self.assertIsNone(precision.by_class([(True, 5), (False, 6)]))

    def test_only_what_was_held_as_planned_counts(self):
        trips = {1: (0, 0, 500, 700), 2: (0, 0, 1510, 1720),
                 3: (0, 0, 1510, 700), 4: (0, 0, 9500, 9700),
                 5: (0, 0, 510, 710)}
        self.assertEqual(ledger.planned(trips, 1000),
                         {1: False, 2: True, 5: False})

    def test_linearity_is_the_errors_slope(self):
        points = {1: [("0", 0, 100.0), ("a", 1e6, 101.0), ("b", 2e6, 102.0)]}
        slopes, residuals = precision.linearity(points)
        self.assertAlmostEqual(slopes[1], 1e-6)
        self.assertAlmostEqual(residuals["a"], 0)


class Tap(unittest.TestResult):
    def addSuccess(self, test):
        print(f"ok {self.testsRun} - bench: {test.id().split('.', 1)[1]}")

    def addFailure(self, test, err):
        print(self._exc_info_to_string(err, test))
        print(f"not ok {self.testsRun} - bench: {test.id().split('.', 1)[1]}")
        super().addFailure(test, err)

    addError = addFailure


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(
        sys.modules["__main__"])
    print(f"1..{suite.countTestCases()}")
    result = suite.run(Tap())
    return 1 if result.failures or result.errors else 0


if __name__ == "__main__":
    sys.exit(main())
