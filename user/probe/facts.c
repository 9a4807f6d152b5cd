// SPDX-License-Identifier: GPL-2.0-only
#include "probe/facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "model/account.h"
#include "probe/null_store.h"
#include "probe/tcp.h"
#include "wire.h"

static const char *address_text(const struct address *a)
{
	char text[ADDRESS_TEXT];

	address_format(a, text);
	return strdup(text);
}

static const char *start_text(const struct run *r, int tai_offset_s)
{
	char text[TIME_TEXT];

	time_text((real_t){ r->origin_tai_ns - tai_offset_s * NSEC_PER_SEC },
		  text);
	return strdup(text);
}

/* The command line as the kernel keeps it, arguments apart by a blank. */
static const char *command_text(void)
{
	char text[4096];
	FILE *f = fopen("/proc/self/cmdline", "re");
	size_t n = 0;

	if (f) {
		n = fread(text, 1, sizeof(text) - 1, f);
		fclose(f);
	}
	while (n && !text[n - 1])
		n--;
	for (size_t i = 0; i < n; i++) {
		if (!text[i])
			text[i] = ' ';
	}
	text[n] = '\0';
	return strdup(text);
}

static const char *known(const char *text)
{
	return *text ? strdup(text) : NULL;
}

static void fill_local(const struct run *r, struct local_host *out)
{
	struct utsname uts;
	char clocksource[64];

	clock_source_read(clocksource, sizeof(clocksource));
	out->ifname = strdup(r->iface.name);
	out->driver = known(r->iface.driver);
	out->kernel = uname(&uts) ? NULL : known(uts.release);
	out->clocksource = known(clocksource);
	out->mtu = r->iface.mtu;
}

static void fill_target(const struct run *r, struct target_host *out)
{
	const struct plan *plan = r->plan;
	bool icmp = plan->protocol == PROTOCOL_ICMP;

	out->name = strdup(plan->target);
	out->address = address_text(&plan->address);
	out->source = address_text(&r->route.source);
	out->port = icmp ? 0 : plan->port;
	out->source_port = r->flow[0].channel.local_port;
	out->protocol = plan->protocol;
	tcp_facts(&r->flow[0], out);
	if (r->tracks)
		out->stateful = tracks_are_stateful(r->tracks);
	else if (r->total)
		out->stateful = account_is_stateful(r->total);
	else
		out->stateful =
			collector_is_stateful(r->collector[r->plan->engine]);
	out->synchronised = r->remote_error & STAMP_ERROR_SYNC;
}

struct null_floor *facts_load_null(void)
{
	struct null_floor *floor = malloc(sizeof(*floor));

	if (floor && !null_load(floor))
		return floor;
	free(floor);
	return NULL;
}

/* A result outlives the run. */
static const struct null_floor *copy_null(const struct null_floor *floor)
{
	struct null_floor *copy = floor ? malloc(sizeof(*copy)) : NULL;

	if (copy)
		*copy = *floor;
	return copy;
}

static void fill_run(const struct run *r, const struct clock_state *clock,
		     struct run_facts *out)
{
	out->start = start_text(r, clock->tai_offset_s);
	out->duration_ns =
		r->origin.ns ? mono_sub(mono_now(), r->origin).ns : 0;
	out->command = command_text();
	out->version = strdup(XRTT_VERSION);
	out->interrupted = r->interrupted;
	out->trouble = r->trouble;
	out->origin = r->origin;
	out->origin_tai_ns = r->origin_tai_ns;
	out->null = copy_null(r->null);
}

void facts_fill_run(const struct run *r, struct result *out)
{
	clock_state_read(&out->clock);
	fill_local(r, &out->local);
	run_preflight_fill(r, out);
	fill_run(r, &out->clock, &out->run);
}

void facts_fill(const struct run *r, enum engine engine, struct result *out)
{
	out->engine = engine;
	out->hooks = r->hooks;
	out->hooks.tx = r->rules[engine].ends.tx;
	/* The bypass engine has its own stamp, whatever the driver delivers. */
	if (engine == ENGINE_BYPASS) {
		out->hooks.tx_why = NULL;
		out->hooks.fallbacks.at[FALLBACK_DRV_TX].used = NULL;
	}
	hwrx_hooks(r, engine, &out->hooks);
	out->counts.stale = prober_count(r->prober, COUNT_STALE);
	out->counts.ring_full = prober_count(r->prober, COUNT_RING_FULL);
	out->pacing.flood = r->plan->flood;
	out->pacing.poisson = r->plan->poisson;
	out->pacing.seed = r->plan->seed;
	out->pacing.interval_ns = r->plan->interval.ns;
	fill_target(r, &out->target);
	facts_fill_run(r, out);
}

void facts_release(struct result *out)
{
	free((char *)out->local.ifname);
	free((char *)out->local.driver);
	free((char *)out->local.kernel);
	free((char *)out->local.clocksource);
	free((struct preflight *)out->local.preflight);
	free((char *)out->target.name);
	free((char *)out->target.address);
	free((char *)out->target.source);
	free((char *)out->run.start);
	free((char *)out->run.command);
	free((char *)out->run.version);
	free((struct null_floor *)out->run.null);
}
