/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a long run costs: the collector under many probes.
 *
 *   collector [PROBES [socket|bypass|both [ONE_IN_TAIL [SEED]]]]
 *
 * One line of name=value: CPU time in nanoseconds a probe for its
 * collector_arrived() and collector_settled(), in milliseconds for the longest
 * collector_until() and for the report; and memory as the kernel accounts it:
 * before the first probe, after the last, and the most that was ever resident.
 * `both` alternates the engines, a collector each, over one page pool.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "collector_load.h"
#include "probe/collect.h"

#define BATCH 4096

struct lane {
	struct load load;
	struct collector *collector;
	struct sample sample[BATCH];
	int64_t spent_ns;
	int64_t look_ns;
};

static int64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

static long status_kib(const char *key)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long kib = -1;

	while (f && fgets(line, sizeof(line), f)) {
		if (!strncmp(line, key, strlen(key)))
			kib = atol(line + strlen(key) + 1);
	}
	if (f)
		fclose(f);
	return kib;
}

static int lane_init(struct lane *lane, const struct collector *beside)
{
	struct wire_ends ends = { .tx = STAMP_DRV_TX, .rx = STAMP_XDP_RX };

	lane->collector = collector_create(beside);
	if (!lane->collector)
		return -1;
	collector_set_ends(lane->collector, &ends);
	collector_set_origin(lane->collector, (mono_t){ LOAD_START_NS });
	return 0;
}

/* Replies in the order in which they came: every eighth pair is swapped. */
static void arrive(struct lane *lane)
{
	for (size_t i = 0; i < BATCH; i++) {
		const struct sample *s = &lane->sample[i % 16 < 2 ? i ^ 1 : i];

		if (load_is_answered(s))
			collector_arrived(lane->collector, s->seq,
					  &s->reflector_seq);
	}
}

static int run_batch(struct lane *lane)
{
	static const struct until never = { LEVEL_P99, { 1 } };
	int64_t start, settled, took;
	bool until;

	load_fill(&lane->load, lane->sample, BATCH);
	start = now_ns();
	arrive(lane);
	for (size_t i = 0; i < BATCH; i++)
		collector_settled(lane->collector, &lane->sample[i]);
	settled = now_ns();
	until = collector_until(lane->collector, &never);
	took = now_ns() - settled;
	lane->spent_ns += settled - start;
	if (took > lane->look_ns)
		lane->look_ns = took;
	return until ? -1 : 0;
}

static int report(struct lane *lane)
{
	struct result result = { 0 };
	int64_t start = now_ns();

	collector_report(lane->collector, &result);
	start = now_ns() - start;
	printf(" report_ms=%.1f n=%" PRIu64 " bin_ns=%" PRId64
	       " p50_ns=%.0f p99_ns=%.0f segments=%zu",
	       start / 1e6, result.network.n, result.network.bin_ns,
	       result.network.quantile[LEVEL_P50],
	       result.network.quantile[LEVEL_P99], result.segments);
	free(result.segment);
	return result.network.n ? 0 : -1;
}

int main(int argc, char **argv)
{
	uint64_t probes = argc > 1 ? strtoull(argv[1], NULL, 0) : 10000000;
	const char *engines = argc > 2 ? argv[2] : "both";
	uint64_t tail = argc > 3 ? strtoull(argv[3], NULL, 0) : 200;
	uint64_t seed = argc > 4 ? strtoull(argv[4], NULL, 0) : 20261123;
	static struct lane lane[ENGINES];
	long before = status_kib("VmRSS:"), after;
	size_t lanes = 0;
	int err = 0;

	for (enum engine i = 0; i < ENGINES; i++) {
		struct load load = { .planned = probes, .one_in_tail = tail };

		if (strcmp(engines, "both") && strcmp(engines, engine_name(i)))
			continue;
		load_init(&load, i, seed);
		lane[lanes].load = load;
		err |= lane_init(&lane[lanes], lane[0].collector);
		lanes++;
	}
	for (uint64_t done = 0; !err && done < probes; done += BATCH * lanes) {
		for (size_t i = 0; i < lanes; i++)
			err |= run_batch(&lane[i]);
	}
	after = status_kib("VmRSS:");
	printf("seed=%" PRIu64 " engines=%s", seed, engines);
	for (size_t i = 0; !err && i < lanes; i++) {
		printf(" probes=%" PRIu64 " probe_ns=%.1f look_ms=%.2f",
		       lane[i].load.made,
		       (double)lane[i].spent_ns / lane[i].load.made,
		       lane[i].look_ns / 1e6);
		err |= report(&lane[i]);
	}
	printf(" before_kib=%ld after_kib=%ld most_kib=%ld\n", before, after,
	       status_kib("VmHWM:"));
	for (size_t i = 0; i < lanes; i++)
		collector_destroy(lane[i].collector);
	return err ? 1 : 0;
}
