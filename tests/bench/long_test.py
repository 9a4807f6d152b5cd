# SPDX-License-Identifier: GPL-2.0-only
"""Unit tests of the long bench's pure parts, as TAP. TEST_SEED repeats a run."""

import itertools
import math
import os
import random
import sys
import tempfile
import unittest

import long_law
import long_plan
import long_rows
import long_score
import long_table

SEED = int(os.environ.get("TEST_SEED") or random.SystemRandom().getrandbits(32))


def term(name, ns, shape="symmetric"):
    return {"name": name, "ns": ns, "kind": "A", "shape": shape,
            "common": False, "how": ""}


def level(error, terms, bounded=True):
    minus, plus = long_score.bar(terms)
    return {"error": error, "wire_error": error, "value": 0, "minus": minus,
            "plus": plus, "bounded": bounded, "terms": terms}


def row(index, error, terms, **condition):
    return {"try": 1, "date": "2000-01-01", "kernel": "0", "cpus": 2, "n": 500,
            "condition": {"index": index, "engine": "socket", "load": "idle",
                          "jitter": "none", "hold_ns": 5e6, "interval_ns": 1e6,
                          **condition},
            "levels": {name: level(error, terms) for name in long_score.LEVELS}}


def brute_interval(errors, share):
    """Every pair of ends that an error, or 0, could give."""
    ends = [0, *errors]
    return min(minus + plus for minus, plus in itertools.product(
        (max(e, 0) for e in ends), (max(-e, 0) for e in ends))
        if sum(-plus <= e <= minus for e in errors) >= share * len(errors))


class Score(unittest.TestCase):
    def setUp(self):
        self.rng = random.Random(SEED)

    def rows(self, terms, count=4000):
        """Errors are normal, of deviation 100 around 0."""
        return [row(i, self.rng.gauss(0, 100), terms) for i in range(count)]

    def test_perfect_bar_covers_95(self):
        share = long_score.coverage(self.rows([term("u", 200)]), "p50")
        self.assertAlmostEqual(share, math.erf(2 / math.sqrt(2)), delta=0.02)

    def test_zero_bar_covers_nothing(self):
        self.assertEqual(0, long_score.coverage(self.rows([]), "p99"))

    def test_zero_bar_covers_no_error(self):
        self.assertEqual(1, long_score.coverage([row(0, 0, [])], "p50"))

    def test_unbounded_is_not_covered(self):
        rows = self.rows([term("u", 1e9)], 10)
        for each in rows[:3]:
            each["levels"]["p50"]["bounded"] = False
            each["levels"]["p99"]["minus"] = None
        self.assertEqual(0.7, long_score.coverage(rows, "p50"))
        self.assertEqual(0.7, long_score.coverage(rows, "p99"))
        self.assertEqual(0.7, long_score.coverage(rows, "p50", "none"))

    def test_failed_run_is_not_covered(self):
        rows = self.rows([term("u", 1e9)], 4)
        rows[0] = {"condition": rows[0]["condition"], "failed": "why"}
        self.assertEqual(0.75, long_score.coverage(rows, "p50"))

    def test_bar_has_its_sides_right(self):
        bar = long_score.bar([term("a", 3), term("b", 4),
                              term("gap", 7, "lengthens")])
        self.assertEqual((12, 5), bar)
        for error, held in ((12, True), (13, False), (-5, True), (-6, False)):
            self.assertIs(held, long_score.is_covered(bar, error))

    def test_bar_that_does_not_add_up_is_seen(self):
        good = level(0, [term("a", 3), term("gap", 7, "lengthens")])
        self.assertTrue(long_score.adds_up(good))
        self.assertFalse(long_score.adds_up({**good, "plus": good["minus"]}))

    def test_removed_term_shows_where_it_is_provoked(self):
        terms = [term("noise", 200), term("gap", 3000, "lengthens"),
                 term("idle", 1)]
        rows = self.rows(terms, 200)
        for each in rows[::2]:
            each["condition"]["load"] = "sender"
            for found in each["levels"].values():
                found["error"] += 2500
        marks = long_score.terms(rows)
        self.assertEqual({"noise", "gap", "idle"}, set(marks))
        self.assertTrue(marks["gap"]["is_exercised"])
        without, _, name, *_ = marks["gap"]["worst"]
        self.assertEqual(("load sender", 0), (name, without))
        self.assertFalse(marks["idle"]["is_exercised"])
        self.assertTrue(marks["noise"]["is_exercised"])

    def test_term_of_unknown_size_is_listed(self):
        rows = self.rows([term("u", 200), term("gap", None, "lengthens")], 30)
        for each in rows:
            each["levels"]["p50"]["bounded"] = False
        mark = long_score.terms(rows)["gap"]
        self.assertIsNone(mark["median_ns"])
        self.assertFalse(mark["is_exercised"])
        self.assertEqual(0, long_score.coverage(rows, "p50"))

    def test_small_conditions_provoke_nothing(self):
        terms = [term("gap", 3000, "lengthens")]
        rows = [row(i, 2500, terms) for i in range(long_score.SMALLEST - 1)]
        self.assertIsNone(long_score.terms(rows)["gap"]["worst"])

    def test_fixed_interval_is_brute_force_optimum(self):
        for _ in range(60):
            count = self.rng.randrange(1, 30)
            centre = self.rng.choice((-300, -20, 0, 20, 300))
            errors = [round(self.rng.gauss(centre, 50)) for _ in range(count)]
            best = long_score.fixed_interval(errors)
            self.assertEqual(brute_interval(errors, 0.95), sum(best))
            held = sum(long_score.is_covered(best, e) for e in errors)
            self.assertGreaterEqual(held, 0.95 * count)

    def test_sharpness_of_twice_the_optimum(self):
        rows = [row(i, i % 100 + 1, []) for i in range(100)]
        for each in rows:
            each["levels"]["p50"].update(minus=150, plus=40)
        self.assertEqual((190, 95, 2.0), long_score.sharpness(rows, "p50"))

    def test_sharpness_leaves_unbounded_bars_out(self):
        rows = [row(i, 10, [term("u", 20)]) for i in range(2)]
        rows[0]["levels"]["p50"]["bounded"] = False
        self.assertEqual((40, 10, 4), long_score.sharpness(rows, "p50"))
        rows[1]["levels"]["p50"]["bounded"] = False
        self.assertIsNone(long_score.sharpness(rows, "p50"))

    def test_quantile_is_type_1(self):
        values = list(range(1, 501))
        self.assertEqual(250, long_score.quantile(values, 500))
        self.assertEqual(495, long_score.quantile(values, 990))
        self.assertEqual(2, long_score.quantile([1, 2, 3], 500))
        self.assertEqual(7, long_score.quantile([7], 990))

    def test_groups_are_the_conditions(self):
        rows = [row(0, 0, [], hold_ns=60e3), row(1, 0, [], engine="bypass")]
        names = long_score.group(rows)
        self.assertEqual(["all", "bypass", "socket"], list(names)[:3])
        self.assertEqual([rows[0]], names["hold 0.01 to 0.1 ms"])
        self.assertEqual([rows[1]], names["bypass, hold 1 to 10 ms"])
        self.assertEqual(rows, names["load idle"])


class Sampling(unittest.TestCase):
    def rows(self, bounds, **more):
        return [{"condition": {"memory_s": 0}, "n": 10, "short": False,
                 "levels": {
                     name: {"law": 100, "ci95": bound, "drawn_below": 4,
                            "offset": 5}
                     for name in long_score.LEVELS}, **more}
                for bound in bounds]

    def test_law_is_shifted_by_the_offset(self):
        rows = self.rows([[105, 106], [104, 105], [106, 107], [99, 101],
                          [101, None], [None, 104]])
        mark = long_score.sampling(rows)["memory 0 s"]
        self.assertEqual(3 / 6, mark["held"]["p50"])
        self.assertEqual(1, mark["endless"])
        self.assertEqual(0.4, mark["law"]["p99"])

    def test_flagged_runs_are_not_judged(self):
        rows = self.rows([[105, 106]]) + self.rows([[0, 1]], short=True)
        rows.append({"condition": {"memory_s": 0}, "failed": "why"})
        mark = long_score.sampling(rows)["all"]
        self.assertEqual((3, 1, 2, 0.5), (mark["runs"], mark["flagged"],
                                          mark["judged"], mark["held"]["p50"]))

    def test_verdict_takes_runs_enough(self):
        for runs, held, wanted in ((50, 48, "few runs"), (100, 95, "reached"),
                                   (100, 91, "MISSED"), (100, 100, "MISSED")):
            rows = self.rows([[105, 106]] * held
                             + [[106, 107]] * (runs - held))
            marks = long_score.sampling(rows)
            self.assertEqual(wanted, long_table.sampling_verdict(marks["all"]))
        rows = self.rows([[105, 106]], short=True)
        self.assertEqual("all flagged", long_table.sampling_verdict(
            long_score.sampling(rows)["all"]))

    def test_laws_are_those_of_the_sums(self):
        rng = random.Random(SEED)
        draws = {"uniform": rng.random, "exp": lambda: rng.expovariate(1)}
        for law, draw in draws.items():
            sums = [1e5 * (draw() + draw()) for _ in range(40000)]
            for q in (0.1, 0.5, 0.9, 0.99):
                at = long_law.quantile_ns(law, 1e5, q)
                share = sum(x <= at for x in sums) / len(sums)
                self.assertAlmostEqual(q, share, delta=0.012)


class Rows(unittest.TestCase):
    """Three probes; the ledger and the samples are written by hand."""
    LEDGER = """dir,n,seq,port,enter_ns,leave_ns,action,due_ns
ab,0,0,1,1000,6010,pass,6000
ab,1,1,1,2000,7020,pass,7000
ab,2,2,1,3000,8000,pass,8000
ba,0,0,1,6500,11500,pass,11500
ba,1,1,1,7600,12600,pass,12600
"""
    SAMPLES = """seq,status,remote_rx_ns,remote_tx_ns,network_ns
0,ok,0,400,10150
1,ok,1000,1500,10170
2,lost,,,
"""

    def files(self, directory, ledger):
        for name, text in (("ledger", ledger), ("samples", self.SAMPLES)):
            with open(f"{directory}/{name}.csv", "w") as f:
                f.write(text)
        return (long_rows.samples_read(f"{directory}/samples.csv"),
                long_rows.ledger_read(f"{directory}/ledger.csv"))

    def run_json(self, n):
        return {"network_ns": {
            "n": n, "n_eff": 2, "short_memory": False, "p50": 10150,
            "p99": 10170, "ci95": {"p50": [1, 2], "p99": [1, None]},
            "instrument": {name: level(0, []) for name in long_score.LEVELS}},
            "pacing": {"lateness_ns": None}, "probes": {}, "hooks": {}}

    def make(self, n, ledger=LEDGER):
        with tempfile.TemporaryDirectory() as directory:
            samples, known = self.files(directory, ledger)
        return long_rows.coverage_row(self.run_json(n), samples, known)

    def test_truth_is_of_the_same_probes(self):
        found = self.make(2)
        # true: 10500 - 400 and 10600 - 500; on the wire: 10010 and 10020
        self.assertEqual(50, found["levels"]["p50"]["error"])
        self.assertEqual(70, found["levels"]["p99"]["error"])
        self.assertEqual(140, found["levels"]["p50"]["wire_error"])
        self.assertEqual((50, 70), (found["errors"]["min"],
                                    found["errors"]["max"]))

    def test_other_probes_are_refused(self):
        with self.assertRaisesRegex(ValueError, "of 3 probes"):
            self.make(3)

    def test_unknown_probe_is_refused(self):
        with self.assertRaisesRegex(ValueError, "never were"):
            self.make(2, self.LEDGER.replace("ba,1,1", "ba,1,9"))

    def test_disturbed_line_is_void(self):
        with self.assertRaisesRegex(long_rows.Void, "overflow"):
            self.make(2, self.LEDGER.replace("8000,pass", ",overflow"))

    def test_offset_is_against_the_draws(self):
        condition = {"law": "exp", "scale_ns": 100, "hold_ns": 5000}
        with tempfile.TemporaryDirectory() as directory:
            samples, known = self.files(directory, self.LEDGER)
        found = long_rows.sampling_row(condition, self.run_json(2), samples,
                                       known)
        self.assertEqual(150, found["levels"]["p50"]["offset"])
        self.assertEqual(170, found["levels"]["p99"]["offset"])
        self.assertEqual(2, found["levels"]["p50"]["drawn_below"])
        self.assertAlmostEqual(10167.8, found["levels"]["p50"]["law"], 1)

    def test_frames_that_queued_are_void(self):
        due = [{"due_ns": at} for at in (1, 2, 2, 3, 3, 3, 4)]
        fine = [{"due_ns": at} for at in range(7)]
        long_rows.order_check([(0, 0, at, at) for at in fine])
        with self.assertRaisesRegex(long_rows.Void, "3 frames of 7"):
            long_rows.order_check(list(zip(due, due, fine, due)))

    def test_late_line_is_void(self):
        drawn = list(range(2000))
        late = [own + 40 for own in drawn]
        # the same for all, and some that stay on their side of it
        long_rows.line_check(drawn, late, 1980, 0.99)
        late[:500] = [own + 900 for own in late[:500]]
        long_rows.line_check(drawn, late, 1980, 0.99)
        late[1000:1005] = [9000] * 5
        with self.assertRaisesRegex(long_rows.Void, "took 5 of 2000"):
            long_rows.line_check(drawn, late, 1980, 0.99)


class Plan(unittest.TestCase):
    def test_a_number_repeats(self):
        again = [long_plan.coverage("7", i) for i in (3, 4, 3)]
        self.assertEqual(again[0], again[2])
        self.assertNotEqual(again[0], again[1])

    def test_draws_stay_in_range_and_reach_all(self):
        drawn = [long_plan.coverage(str(SEED), i) for i in range(2000)]
        for key, options in (("engine", long_plan.ENGINES),
                             ("load", long_plan.LOADS),
                             ("jitter", long_plan.JITTERS)):
            self.assertEqual(set(options), {each[key] for each in drawn})
        holds = sorted(each["hold_ns"] for each in drawn)
        paces = sorted(each["interval_ns"] for each in drawn)
        self.assertTrue(50e3 <= holds[0] < holds[-1] <= 50e6)
        self.assertTrue(100e3 <= paces[0] < paces[-1] <= 10e6)
        # log-uniform: as many below the geometric middle as above it
        self.assertAlmostEqual(1.58e6, holds[1000], delta=0.5e6)

    def test_heavy_plan_is_the_line_s(self):
        condition = long_plan.coverage("1", 0)
        lines = long_plan.heavy_plan(condition).splitlines()
        self.assertEqual(2 * long_plan.PROBES, len(lines))
        for each in lines:
            self.assertRegex(each, r"^(ab|ba) \d+ hold \d+ns$")


class Table(unittest.TestCase):
    def test_both_formats_hold_the_verdicts(self):
        rows = [row(i, 10, [term("u", 20)]) for i in range(30)]
        found = long_table.sections({"coverage": rows, "sampling": []},
                                    {"coverage": 0, "sampling": 0}, "1")
        for text in (long_table.as_text(found), long_table.as_markdown(found)):
            self.assertIn("seed 1", text)
            self.assertRegex(text, r"all[ |]+30[ |]+100.0 %[ |]+100.0 %")
            self.assertIn("MISSED", text)  # a ratio of 4


class Tap(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.number = 0

    def say(self, test, is_ok, why=""):
        self.number += 1
        for line in why.splitlines():
            print("# " + line)
        print(f"{'ok' if is_ok else 'not ok'} {self.number} - bench-long: "
              + test.id().split(".", 1)[1])

    def addSuccess(self, test):
        self.say(test, True)

    def addError(self, test, err):
        super().addError(test, err)
        self.say(test, False, self.errors[-1][1])

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.say(test, False, self.failures[-1][1])


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(
        sys.modules[__name__])
    print(f"# seed {SEED}\n1..{suite.countTestCases()}")
    result = Tap()
    suite.run(result)
    sys.exit(not result.wasSuccessful())


if __name__ == "__main__":
    main()
