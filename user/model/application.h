/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a round trip costs an application that has to wait for it: counted in
 * round trips, the far end's own work aside.
 */
#ifndef XRTT_MODEL_APPLICATION_H
#define XRTT_MODEL_APPLICATION_H

#define APPLICATION_CALLS 4 /* 1, 10, 100, 1000 */
#define APPLICATION_RATES 3 /* 1, 5, 10 Gbit/s */

extern const unsigned int application_calls[APPLICATION_CALLS];
extern const unsigned int application_gbit_s[APPLICATION_RATES];

/* Nanoseconds and octets. */
struct application {
	double rtt_ns;
	/* One call after another, each of them a round trip of this length. */
	double sequential_ns[APPLICATION_CALLS];
	/* All at once, or in one batch: one round trip; what that saves. */
	double saved_ns[APPLICATION_CALLS];
	/* TCP's handshake (RFC 9293, one round trip), then TLS 1.3's (RFC 8446,
	 * one): before the first octet of the request can go; and until the
	 * first of the answer comes. */
	double connect_ns;
	double first_answer_ns;
	/* The leader here, the replica there that makes the majority. */
	double quorum_ns;
	/* In flight to keep a link of that rate busy. */
	double window[APPLICATION_RATES];
};

void application_fill(struct application *out, double rtt_ns);

/* What a run measured makes of it. */
struct application_cost {
	const char *basis; /* "rtt", from call to answer; "network"; NULL: none
			      of the two was measured */
	struct application p50;
	struct application p99;
};

struct result;
void application_judge(struct result *r);

/* What is known without a run: the floor, and the least and the most that
 * others typically measured. An rtt_ns that is not finite is not known, or may
 * be 0. */
struct application_outlook {
	struct application fibre;
	struct application others_lo;
	struct application others_hi;
};

struct distance;
void application_expect(struct application_outlook *out,
			const struct distance *d);

#endif
