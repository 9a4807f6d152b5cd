// SPDX-License-Identifier: GPL-2.0-only
#include "model/application.h"

#include <math.h>

#include "model/result.h"

#define CONNECT_TRIPS 2 /* TCP, TLS 1.3 */

const unsigned int application_calls[APPLICATION_CALLS] = { 1, 10, 100, 1000 };
const unsigned int application_gbit_s[APPLICATION_RATES] = { 1, 5, 10 };

void application_fill(struct application *out, double rtt_ns)
{
	*out = (struct application){
		.rtt_ns = rtt_ns,
		.connect_ns = CONNECT_TRIPS * rtt_ns,
		.first_answer_ns = (CONNECT_TRIPS + 1) * rtt_ns,
		.quorum_ns = rtt_ns,
	};
	for (int i = 0; i < APPLICATION_CALLS; i++) {
		out->sequential_ns[i] = application_calls[i] * rtt_ns;
		out->saved_ns[i] = (application_calls[i] - 1) * rtt_ns;
	}
	/* Gbit/s by ns are bits. */
	for (int i = 0; i < APPLICATION_RATES; i++)
		out->window[i] = application_gbit_s[i] * rtt_ns / 8;
}

void application_judge(struct result *r)
{
	const struct duration *d = r->rtt.n ? &r->rtt : &r->network;

	r->application = (struct application_cost){ 0 };
	if (!d->n)
		return;
	r->application.basis = r->rtt.n ? "rtt" : "network";
	application_fill(&r->application.p50, d->quantile[LEVEL_P50]);
	application_fill(&r->application.p99, d->quantile[LEVEL_P99]);
}

void application_expect(struct application_outlook *out,
			const struct distance *d)
{
	const struct range *fibre = &d->floor_ns[FLOOR_FIBRE_NOMINAL];

	application_fill(&out->fibre, fibre->lo > 0 ? fibre->value : NAN);
	application_fill(&out->others_lo, d->others_ns.lo);
	application_fill(&out->others_hi, d->others_ns.hi);
}
