/* SPDX-License-Identifier: GPL-2.0-only */
/* Made-up results for the tests of user/out: plain data, no measurement. */
#ifndef XRTT_TESTS_UNIT_OUT_FIXTURE_H
#define XRTT_TESTS_UNIT_OUT_FIXTURE_H

#include "model/result.h"

/* 1000 STAMP probes from ens5, all answered, every stage there. */
void fixture_complete(struct result *r);

/* The same to a plain host by ICMP: no remote stage, no port. */
void fixture_icmp(struct result *r);

/* `sent` probes and no reply to any. */
void fixture_silent(struct result *r, uint64_t sent);

/* One probe, answered; intervals without ends, statistics without a value. */
void fixture_single(struct result *r);

/* Nothing planned, nothing known: as much as can be is absent. */
void fixture_empty(struct result *r);

/* The complete run by both engines in turn; `result` refers to them. */
struct both_fixture {
	struct result result;
	struct result engine[ENGINES];
};
void fixture_both(struct both_fixture *both);

/* A sample with every stamp there, on a clock whose origin is `origin`. */
struct sample fixture_sample(mono_t origin, remote_t remote_origin);

/* What a report writes, as a string to be freed. */
char *fixture_text(const struct result *r, bool colour);

#endif
