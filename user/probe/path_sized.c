// SPDX-License-Identifier: GPL-2.0-only
/* The path's MTU: probes of given sizes, with DF. */
#include <string.h>

#include "host/clock.h"
#include "probe/path_run.h"

#define TRIES 3

/* A router may take its time for what it has to say. */
#define PATIENCE_NS (300 * NSEC_PER_MSEC)

void path_take_sized(struct path_run *r, const struct path_sample *s)
{
	struct path_sized *sized = &r->sized;

	sized->pending--;
	if (s->status != PROBE_OK)
		return;
	if (s->answer == PATH_TARGET || s->answer == PATH_CLOSED)
		sized->arrived = true;
	if (s->answer == PATH_TARGET && s->flow == r->plan->flows)
		sized->by_echo = true;
	if (!s->has_quote || s->quote.kind != QUOTE_TOO_BIG)
		return;
	sized->too_big = true;
	sized->told = s->quote.mtu;
	strcpy(sized->address, s->address);
}

static span_t patience(const struct path_run *r)
{
	span_t patience = span_ns(2 * r->longest_rtt.ns + PATIENCE_NS);

	return patience.ns < r->plan->base.timeout.ns ? patience
						      : r->plan->base.timeout;
}

static bool is_decided(const struct path_run *r)
{
	return r->sized.arrived || r->sized.too_big || !r->sized.pending ||
	       r->base.interrupted;
}

/* UDP's answer to what is longer than a reflector takes is an ICMP error, of
 * which hosts make few; an echo goes along for that. */
static void try(struct path_run *r, unsigned int size)
{
	unsigned int echoes = r->plan->flows;
	mono_t until, now = mono_now();

	r->sized = (struct path_sized){ .size = size };
	for (int i = 0; i < TRIES && !r->base.interrupted; i++) {
		now = mono_now();
		if (r->plan->base.protocol == PROTOCOL_STAMP)
			path_send(r, 0, PATH_SIZED, size, now);
		path_send(r, echoes, PATH_SIZED, size, now);
		until = mono_add(now, patience(r));
		while (!is_decided(r) && mono_before(mono_now(), until))
			path_wait(r,
				  mono_add(mono_now(), span_ns(NSEC_PER_MSEC)),
				  false);
		if (is_decided(r))
			break;
	}
	/* A late one of this size is not to be taken for one of the next. */
	path_settle(r, mono_now(), true);
}

static void conclude(struct path_run *r, const struct mtu_search *s)
{
	struct path_mtu *m = &r->mtu;

	m->passed = s->passed;
	m->value = s->passed;
	if (s->passed && s->passed == m->interface) {
		m->source = PATH_MTU_INTERFACE;
	} else if (s->passed && !s->next && (m->answers || !m->lost)) {
		m->source = PATH_MTU_PROBED;
	} else if (s->told) {
		m->source = PATH_MTU_TOLD;
		m->value = s->told;
	}
}

/* Whether silence means anything: who answers no short echo answers no long
 * one, and reflectors leave long probes to hosts that may not say a word. */
static bool has_answers(struct path_run *r)
{
	unsigned int flows = r->plan->flows;

	try(r, path_packet_least(&r->wire[flows]));
	return r->sized.by_echo;
}

void path_find_mtu(struct path_run *r)
{
	struct path_mtu *m = &r->mtu;
	struct mtu_search search;

	m->looked = true;
	m->answers = has_answers(r);
	mtu_search_start(&search,
			 r->plan->base.address.family == AF_INET ? 4 : 6,
			 m->interface);
	while (search.next && !r->base.interrupted) {
		unsigned int size = search.next;

		try(r, size);
		if (r->sized.arrived) {
			mtu_search_passed(&search);
		} else if (r->sized.too_big) {
			strcpy(m->address, r->sized.address);
			mtu_search_refused(&search, r->sized.told);
		} else {
			m->lost = size;
			if (!m->answers)
				break;
			mtu_search_silent(&search);
		}
	}
	conclude(r, &search);
}
