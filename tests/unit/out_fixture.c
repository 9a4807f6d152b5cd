// SPDX-License-Identifier: GPL-2.0-only
#include "out_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "out/text.h"

static struct duration made_up(double p50, double spread)
{
	struct duration d = {
		.n = 1000,
		.n_eff = 412,
		.min = (int64_t)(p50 - spread),
		.max = (int64_t)(p50 + 90 * spread),
		.mean = p50 + spread / 2,
		.stddev = spread * 1.5,
		.quantile = { p50, p50 + spread, p50 + 60 * spread,
			      p50 + 80 * spread },
	};

	for (int i = 0; i < LEVELS; i++) {
		d.ci95[i].lo = (struct bound){ true, d.quantile[i] - 120 };
		d.ci95[i].hi = (struct bound){ true, d.quantile[i] + 120 };
	}
	d.ci95[LEVEL_P999].hi.finite = false;
	return d;
}

static void fill_stages(struct result *r)
{
	static const struct {
		double p50;
		double share;
	} stage[STAGES] = {
		[STAGE_APP_TO_TC] = { 3600, 0.0000652 },
		[STAGE_TC_TO_DRIVER] = { 900, 0.0000163 },
		[STAGE_NETWORK] = { 55213840, 0.9996930 },
		[STAGE_REMOTE] = { 400, 0.0000072 },
		[STAGE_XDP_TO_TC] = { 1100, 0.0000199 },
		[STAGE_TC_TO_SOCKET] = { 1300, 0.0000235 },
		[STAGE_SOCKET_TO_APP] = { 9800, 0.0001749 },
	};

	for (int i = 0; i < STAGES; i++)
		if (stage[i].p50 > 0)
			r->stage[i] = made_up(stage[i].p50,
					      stage[i].p50 > 1e6 ? 2820 : 20);
	for (int i = 0; i < STAGES; i++)
		r->share[i] = stage[i].share;
	r->has_share = true;
	r->network = r->stage[STAGE_NETWORK];
	r->remote = r->stage[STAGE_REMOTE];
	r->rtt = made_up(55231420, 2900);
}

static void fill_hosts(struct result *r)
{
	r->local =
		(struct local_host){ "ens5", "ena", "6.12", "tsc", 3498, NULL };
	r->target = (struct target_host){
		.name = "10.1.0.9",
		.address = "10.1.0.9",
		.source = "10.0.1.7",
		.port = 862,
		.source_port = 40001,
		.stateful = true,
	};
	r->hooks = (struct hooks){
		.tx = STAMP_DRV_TX,
		.rx = STAMP_XDP_RX,
		.tx_how = "tcx",
		.rx_how = "native XDP",
	};
	r->clock = (struct clock_state){
		.disciplined = true,
		.source = "chrony from the PHC",
		.rate_ppm = 0.08,
		.how = "chronyc tracking: skew plus residual frequency",
		.tai_offset_s = 37,
	};
}

static void fill_run(struct result *r)
{
	r->pacing = (struct pacing){
		.seed = 42,
		.interval_ns = 10 * NSEC_PER_MSEC,
		.achieved_pps = 100.002,
		.lateness = made_up(52100, 1300),
	};
	r->run = (struct run_facts){
		.start = "2026-03-01T12:00:00.000000001Z",
		.duration_ns = 10055213840,
		.command = "xrtt probe 10.1.0.9",
		.version = "0.1",
		.origin = { 81234567890123 },
		.origin_tai_ns = 1772366437000000001,
		.has_remote_origin = true,
		.remote_origin = { 1772366437027500000 },
	};
}

void fixture_complete(struct result *r)
{
	memset(r, 0, sizeof(*r));
	fill_stages(r);
	fill_hosts(r);
	fill_run(r);
	r->probes.planned = r->probes.sent = r->probes.received = 1000;
	r->probes.has_direction = true;
	r->probes.has_duplicate_direction = true;
	r->loss.ci95.lo = (struct bound){ true, 0 };
	r->loss.ci95.hi = (struct bound){ true, 0.00368 };
	r->loss.has_direction = true;
	r->ttl = (struct ttl_range){ 255, 255, 255, 255 };
	r->network.at_p50 = (struct instrument){
		.known = true, .bounded = true, .minus = 1600, .plus = 350
	};
}

void fixture_both(struct both_fixture *both)
{
	struct result *bypass = &both->engine[ENGINE_BYPASS];

	fixture_complete(&both->engine[ENGINE_SOCKET]);
	fixture_complete(bypass);
	bypass->engine = ENGINE_BYPASS;
	bypass->network.quantile[LEVEL_P50] -= 2600;
	bypass->pacing.lateness = made_up(130, 20);
	fixture_complete(&both->result);
	both->result.engines = both->engine;
	both->result.host_out = made_up(4500, 20);
	both->result.host_in = made_up(12200, 20);
	both->result.closure = (struct difference){
		.known = true,
		.value = -2600,
		.minus = 350,
		.plus = 3100,
		.left_out = 1,
		.common = { "clock_rate" },
	};
	both->result.closure_verdict = (struct verdict){
		"agree", "they agree within the bars that they do not share"
	};
}

void fixture_icmp(struct result *r)
{
	fixture_complete(r);
	r->target.protocol = PROTOCOL_ICMP;
	r->target.port = 0;
	r->target.source_port = 0;
	r->target.stateful = false;
	r->remote = r->stage[STAGE_REMOTE] = (struct duration){ 0 };
	r->loss.has_direction = r->probes.has_direction = false;
	r->ttl.remote_min = r->ttl.remote_max = -1;
	r->run.has_remote_origin = false;
}

void fixture_silent(struct result *r, uint64_t sent)
{
	fixture_empty(r);
	fill_hosts(r);
	fill_run(r);
	r->probes.planned = r->probes.sent = r->probes.lost = sent;
	r->loss.ratio = 1;
	r->loss.longest_run = sent;
	r->loss.ci95.lo = (struct bound){ true, 0.99632 };
	r->loss.ci95.hi = (struct bound){ true, 1 };
	r->run.has_remote_origin = false;
}

static void make_single(struct duration *d)
{
	if (!d->n)
		return;
	d->n = 1;
	d->n_eff = NAN;
	d->stddev = NAN;
	for (int i = 0; i < LEVELS; i++) {
		d->quantile[i] = d->quantile[LEVEL_P50];
		d->ci95[i].lo = (struct bound){ false, -INFINITY };
		d->ci95[i].hi = (struct bound){ false, INFINITY };
	}
}

void fixture_single(struct result *r)
{
	fixture_complete(r);
	r->probes.planned = r->probes.sent = r->probes.received = 1;
	r->loss.ci95.hi = (struct bound){ true, 0.975 };
	make_single(&r->rtt);
	make_single(&r->network);
	make_single(&r->remote);
	make_single(&r->pacing.lateness);
	for (int i = 0; i < STAGES; i++)
		make_single(&r->stage[i]);
	r->network.at_p50 = (struct instrument){ 0 };
	r->pacing.achieved_pps = NAN;
	r->share[STAGE_APP_TO_TC] = NAN;
}

void fixture_empty(struct result *r)
{
	memset(r, 0, sizeof(*r));
	r->loss.ratio = NAN;
	r->loss.ci95.lo.value = NAN;
	r->loss.ci95.hi.value = NAN;
	r->pacing.achieved_pps = NAN;
	r->clock.rate_ppm = INFINITY;
	r->ttl = (struct ttl_range){ -1, -1, -1, -1 };
}

struct sample fixture_sample(mono_t origin, remote_t remote_origin)
{
	struct sample s = {
		.seq = 7,
		.flow = 0,
		.due = { origin.ns + 70000000 },
		.remote_rx = { remote_origin.ns + 500 },
		.remote_tx = { remote_origin.ns + 900 },
		.ttl = 255,
		.remote_ttl = 254,
		.has_reflector_seq = true,
		.reflector_seq = 6,
	};
	static const int64_t after[STAMPS] = {
		[STAMP_APP_TX] = 70050000,   [STAMP_TC_TX] = 70053600,
		[STAMP_DRV_TX] = 70054500,   [STAMP_HW_RX] = 125268000,
		[STAMP_XDP_RX] = 125268740,  [STAMP_TC_RX] = 125269840,
		[STAMP_SOCK_RX] = 125271140, [STAMP_APP_RX] = 125280940,
	};

	for (int i = 0; i < STAMPS; i++)
		sample_set(&s, i, (mono_t){ origin.ns + after[i] });
	return s;
}

char *fixture_text(const struct result *r, bool colour)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		abort();
	if (text_report(to, r, colour))
		abort();
	fclose(to);
	return text;
}
