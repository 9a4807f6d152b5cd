/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * --hw-stamps: the NIC's receive stamps of a run. Turned on before anything is
 * attached and put back at the end; read with the socket engine's datagrams and
 * by the bypass engine's receive hook; moved to CLOCK_MONOTONIC by readings of
 * the NIC's clock all through the run. Without that option r->hw is NULL and
 * none of this does anything.
 */
#ifndef XRTT_PROBE_HWRX_H
#define XRTT_PROBE_HWRX_H

#include "model/budget.h"
#include "model/result.h"
#include "probe/session.h"

struct run;
struct flow;
struct pending;
struct channel;
struct hwrx;

/* A stamp waits this long for the readings on both its sides. */
#define HWRX_WAIT_NS (500 * NSEC_PER_MSEC)

/* Where the interface has no such stamps the run goes on without, and says why;
 * SESSION_CANNOT, `why` filled, only without memory. */
enum session_end hwrx_open(struct run *r, char *why);
/* Puts the NIC's setting back. */
void hwrx_close(struct run *r);

/* Whether the NIC stamps and, from hwrx_set_ends() on, every engine of the run
 * gets its stamps. */
bool hwrx_is_on(const struct run *r);

/* Whether the XDP program that brings the stamps is wanted. */
bool hwrx_wants_program(const struct run *r);
/* Has the flow's socket bring them. */
void hwrx_open_flow(const struct run *r, struct channel *c);

/* A reply to a control packet was received last. */
void hwrx_note_control(struct run *r, const struct channel *c);
/* Whether another one might show what the last did not: the first after a
 * restart may come without a stamp. */
bool hwrx_wants_control(const struct run *r);
/* After the control packets: has "network" end at the NIC if every engine of
 * the run gets its stamps there; else they are used nowhere. */
void hwrx_set_ends(struct run *r);
/* Which stamp it is, how it comes, and why not the NIC's. */
void hwrx_hooks(const struct run *r, enum engine engine, struct hooks *out);

/* The NIC's clock: when the next request is due (hwread.h), what it may take,
 * and that request. */
mono_t hwrx_due(const struct run *r);
int64_t hwrx_room_ns(const struct run *r);
void hwrx_poll(struct run *r, mono_t now, bool has_room);
/* After the last answer. */
void hwrx_end(struct run *r);

/* The NIC's stamp on what the socket received last. */
void hwrx_note_answer(const struct channel *c, struct pending *p);
/* Whether a probe's stamp has no place yet, but may get one. */
bool hwrx_is_waiting(const struct run *r, const struct flow *f,
		     const struct pending *p, mono_t now);
/* Puts the stamp into the settled probe's sample, if there is one and it has a
 * place among our times; and marks a sample whose other stamps deny it. */
void hwrx_place(struct run *r, const struct flow *f, const struct pending *p,
		struct sample *s);

/* Whether the engine's "network" ends at the NIC. */
bool hwrx_is_end(const struct run *r, enum engine engine);
/* What the moving of the stamps may be off by; BUDGET_NONE without stamps. */
void hwrx_fact(const struct run *r, struct budget_fact *out);
/* rx_gap where "network" ends at the NIC; `out` holds that of a hop. */
void hwrx_gap(struct budget_fact *out);
void hwrx_report(const struct run *r, struct clock_nic *out);

#endif
