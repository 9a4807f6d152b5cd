// SPDX-License-Identifier: GPL-2.0-only
#include "probe/collect.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/account.h"
#include "model/distribution.h"
#include "model/joint.h"
#include "model/segment.h"
#include "model/until.h"
#include "model/verdict.h"

struct collector {
	struct wire_ends ends;
	struct account *account;
	struct page_pool *pool;
	struct distribution *rtt;
	struct distribution *lateness;
	struct distribution *host_out;
	struct distribution *host_in;
	struct distribution *stage[STAGES];
	struct distribution *unstolen; /* network less that, or NULL */
	struct segmenter *segmenter;   /* or NULL */
	struct joint *whole;	       /* probes with every stage of this run */
	struct until_looks looks;
	mono_t origin;
	/* Of the probes that have every stage of this run. */
	double share_sum[STAGES];
	double share_rtt;
	uint64_t refused;
	uint64_t sent;
	mono_t first_tx;
	mono_t last_tx;
	struct ttl_range ttl;
	struct counts counts;
	bool has_remote_origin;
	remote_t remote_origin;
};

struct collector *collector_create(const struct collector *beside)
{
	struct collector *c = calloc(1, sizeof(*c));
	bool complete;

	if (!c)
		return NULL;
	c->ttl = (struct ttl_range){ -1, -1, -1, -1 };
	c->account = account_create();
	c->pool = beside ? page_pool_share(beside->pool) : page_pool_create(0);
	c->segmenter = segmenter_create(0);
	c->whole = joint_create(JOINT_BOUND);
	complete = c->account && c->pool && c->segmenter && c->whole;
	if (complete) {
		c->rtt = distribution_create(c->pool, 0);
		c->lateness = distribution_create(c->pool, 0);
		c->host_out = distribution_create(c->pool, 0);
		c->host_in = distribution_create(c->pool, 0);
		complete = c->rtt && c->lateness && c->host_out && c->host_in;
	}
	for (int i = 0; complete && i < STAGES; i++) {
		c->stage[i] = distribution_create(c->pool, 0);
		complete = c->stage[i];
	}
	if (complete)
		return c;
	collector_destroy(c);
	return NULL;
}

void collector_destroy(struct collector *c)
{
	if (!c)
		return;
	for (int i = 0; i < STAGES; i++)
		distribution_destroy(c->stage[i]);
	distribution_destroy(c->unstolen);
	distribution_destroy(c->host_in);
	distribution_destroy(c->host_out);
	distribution_destroy(c->lateness);
	distribution_destroy(c->rtt);
	segmenter_destroy(c->segmenter);
	joint_destroy(c->whole);
	page_pool_destroy(c->pool);
	account_destroy(c->account);
	free(c);
}

struct page_pool *collector_pool(const struct collector *c)
{
	return c->pool;
}

void collector_set_ends(struct collector *c, const struct wire_ends *ends)
{
	c->ends = *ends;
}

void collector_forgo_segments(struct collector *c)
{
	segmenter_destroy(c->segmenter);
	c->segmenter = NULL;
}

void collector_set_origin(struct collector *c, mono_t origin)
{
	c->origin = origin;
}

void collector_arrived(struct collector *c, uint32_t seq,
		       const uint32_t *reflector_seq)
{
	account_arrival(c->account, seq, reflector_seq,
			reflector_seq ? *reflector_seq : 0);
}

static void widen(int *min, int *max, int value)
{
	if (value < 0)
		return;
	if (*min < 0 || value < *min)
		*min = value;
	if (value > *max)
		*max = value;
}

/* Stages that this run cannot have are no reason to leave a probe out. */
static void collect_share(struct collector *c, const span_t stage[STAGES],
			  unsigned int have, span_t rtt)
{
	span_t sum = span_ns(0);

	for (int i = 0; i < STAGES; i++) {
		if (have & 1u << i)
			sum = span_add(sum, stage[i]);
	}
	if (sum.ns != rtt.ns)
		return;
	for (int i = 0; i < STAGES; i++) {
		if (have & 1u << i)
			c->share_sum[i] += stage[i].ns;
	}
	c->share_rtt += rtt.ns;
	joint_add(c->whole, stage, have);
}

static void collect_durations(struct collector *c, const struct sample *s)
{
	span_t stage[STAGES], rtt;
	unsigned int have = 0;

	for (int i = 0; i < STAGES; i++) {
		if (!sample_stage(s, &c->ends, i, &stage[i]))
			continue;
		have |= 1u << i;
		distribution_add(c->stage[i], stage[i]);
	}
	if (c->segmenter && have & 1u << STAGE_NETWORK)
		segmenter_add(c->segmenter,
			      mono_sub(s->at[c->ends.tx], c->origin),
			      stage[STAGE_NETWORK]);
	if (c->unstolen && have & 1u << STAGE_NETWORK)
		distribution_add(c->unstolen,
				 span_sub(stage[STAGE_NETWORK], s->stolen));
	if (sample_host_out(s, &c->ends, &rtt))
		distribution_add(c->host_out, rtt);
	if (sample_host_in(s, &c->ends, &rtt))
		distribution_add(c->host_in, rtt);
	/* The bypass engine's have no more than these. */
	if (s->engine == ENGINE_BYPASS && have & 1u << STAGE_NETWORK)
		joint_add(c->whole, stage, have);
	if (!sample_rtt(s, &rtt))
		return;
	distribution_add(c->rtt, rtt);
	collect_share(c, stage, have, rtt);
}

void collector_settled(struct collector *c, const struct sample *s)
{
	enum stamp first =
		s->engine == ENGINE_BYPASS ? STAMP_DRV_TX : STAMP_APP_TX;
	span_t lateness;

	account_settle(c->account, s);
	if (!c->has_remote_origin)
		c->has_remote_origin =
			sample_first_remote(s, &c->remote_origin);
	if (sample_has(s, first)) {
		if (!c->sent++)
			c->first_tx = s->at[first];
		c->last_tx = s->at[first];
	}
	if (sample_lateness(s, &lateness))
		distribution_add(c->lateness, lateness);
	if (s->status != PROBE_OK)
		return;
	if (s->flags & SAMPLE_DISORDER)
		c->counts.disorder++;
	if (c->ends.tx == STAMP_DRV_TX && !sample_has(s, STAMP_DRV_TX))
		c->counts.tx_stamp_missing++;
	if (c->ends.rx == STAMP_HW_RX && !sample_has(s, STAMP_HW_RX))
		c->counts.hw_stamp_missing++;
	if (s->flags & SAMPLE_HW_DISORDER)
		c->counts.hw_stamp_disorder++;
	widen(&c->ttl.min, &c->ttl.max, s->ttl);
	widen(&c->ttl.remote_min, &c->ttl.remote_max, s->remote_ttl);
	collect_durations(c, s);
}

void collector_refused(struct collector *c)
{
	c->refused++;
}

void collector_counters_start(struct collector *c, uint32_t rx, uint32_t tx)
{
	account_counters_start(c->account, rx, tx);
}

void collector_counters_end(struct collector *c, uint32_t rx, uint32_t tx)
{
	account_counters_end(c->account, rx, tx);
}

bool collector_is_stateful(const struct collector *c)
{
	return account_is_stateful(c->account);
}

void collector_probes(const struct collector *c, struct probes *out)
{
	struct loss loss;

	account_report(c->account, out, &loss);
	out->planned += c->refused;
	out->unsent += c->refused;
}

bool collector_until(struct collector *c, const struct until *until)
{
	const struct distribution *network = c->stage[STAGE_NETWORK];
	struct duration duration;

	return until_is_due(&c->looks, distribution_count(network)) &&
	       !distribution_level(network, until->level, &duration) &&
	       until_look(&c->looks, until, &duration);
}

int collector_expect_stolen(struct collector *c)
{
	c->unstolen = distribution_create(c->pool, 0);
	return c->unstolen ? 0 : -ENOMEM;
}

int64_t *collector_network(const struct collector *c, size_t *n)
{
	return distribution_sorted(c->stage[STAGE_NETWORK], n);
}

void collector_stolen(const struct collector *c, double ns[2])
{
	static const enum level level[2] = { LEVEL_P50, LEVEL_P99 };
	struct duration all, less;

	for (int i = 0; c->unstolen && i < 2; i++) {
		if (distribution_level(c->stage[STAGE_NETWORK], level[i],
				       &all) ||
		    distribution_level(c->unstolen, level[i], &less))
			return;
		ns[i] = all.quantile[level[i]] - less.quantile[level[i]];
	}
}

static void report_share(const struct collector *c, struct result *out)
{
	out->has_share = c->share_rtt > 0;
	for (int i = 0; i < STAGES; i++)
		out->share[i] =
			out->has_share ? c->share_sum[i] / c->share_rtt : 0;
}

void collector_judge(const struct collector *c, struct result *out)
{
	verdict_judge(out, c->whole);
}

void collector_report(struct collector *c, struct result *out)
{
	span_t active = mono_sub(c->last_tx, c->first_tx);

	account_report(c->account, &out->probes, &out->loss);
	out->probes.planned += c->refused;
	out->probes.unsent += c->refused;
	distribution_report(c->rtt, &out->rtt);
	distribution_report(c->stage[STAGE_NETWORK], &out->network);
	distribution_report(c->lateness, &out->pacing.lateness);
	distribution_report(c->host_out, &out->host_out);
	distribution_report(c->host_in, &out->host_in);
	for (int i = 0; i < STAGES; i++)
		distribution_report(c->stage[i], &out->stage[i]);
	distribution_report(c->stage[STAGE_REMOTE], &out->remote);
	report_share(c, out);
	if (c->segmenter)
		segmenter_report(c->segmenter, c->pool, &out->segment,
				 &out->segments);
	out->pacing.achieved_pps = NAN;
	if (c->sent > 1 && active.ns > 0)
		out->pacing.achieved_pps =
			(c->sent - 1) * (double)NSEC_PER_SEC / active.ns;
	out->ttl = c->ttl;
	out->counts.disorder = c->counts.disorder;
	out->counts.tx_stamp_missing = c->counts.tx_stamp_missing;
	out->counts.hw_stamp_missing = c->counts.hw_stamp_missing;
	out->counts.hw_stamp_disorder = c->counts.hw_stamp_disorder;
	out->run.has_remote_origin = c->has_remote_origin;
	out->run.remote_origin = c->remote_origin;
}
