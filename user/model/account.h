/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Accounting of one session: what became of every planned probe, loss and
 * reordering by direction, and what the reflector's door refused.
 *
 * planned = sent + unsent and sent = ok + late + lost + lost_in_host +
 * unrecorded hold by construction. A probe that the door refused is in
 * probes.lost, as no answer to it was seen; loss.refused says how many of the
 * lost those were, and loss.ratio and its interval are of (lost - refused) /
 * sent: what the network lost. Without the far host's counters nothing is known
 * to be refused and loss.ratio is of all lost.
 *
 * A probe is answered, as far as the network goes, if it is ok, late,
 * lost_in_host or unrecorded.
 */
#ifndef XRTT_MODEL_ACCOUNT_H
#define XRTT_MODEL_ACCOUNT_H

#include "model/result.h"

struct account;

#define ACCOUNT_WINDOW 65536

/* Memory is fixed: half a megabyte, or 8 octets for each of `window` (at least
 * 1) answered probes among which one that overtook is found. NULL: no memory.
 */
struct account *account_create(void);
struct account *account_create_within(size_t window);
void account_destroy(struct account *a); /* NULL is allowed */

/*
 * The first reply to a probe, in the order in which they arrived. Sequence
 * numbers may wrap. RFC 4737: reordered is a reply whose Session-Sender number
 * is below the highest seen; on the return path, one whose reflector
 * sequence number is.
 */
void account_arrival(struct account *a, uint32_t seq, bool has_reflector_seq,
		     uint32_t reflector_seq);

/*
 * Every planned probe once, in sending order, unsent ones included. Reordering
 * on the forward path is a request that the reflector numbered after one that
 * was sent later; it is seen if that one was sent at most ACCOUNT_WINDOW, or
 * `window`, answered probes later. loss.longest_run counts consecutive `lost`;
 * an unsent probe neither adds to a run nor ends it.
 */
void account_settle(struct account *a, const struct sample *sample);

/*
 * The far host's Direct Measurement counters of this session, before the first
 * probe and after the last: requests that reached it (rx) and that it answered
 * (tx). They may wrap. Only a stateful reflector is taken to have them.
 */
void account_counters_start(struct account *a, uint32_t rx, uint32_t tx);
void account_counters_end(struct account *a, uint32_t rx, uint32_t tx);

/*
 * Whether the reflector numbers its answers itself: true once one number was
 * not the sender's, or with both readings of the counters. A stateful one that
 * has so far seen every request, in order, from 0 on cannot be told from a
 * stateless one.
 */
bool account_is_stateful(const struct account *a);

/*
 * Fills both. loss.has_direction:
 *  - no loss: true, zeros;
 *  - counters: return = answered there - answers seen here (further ones made
 *    on the way there included), forward = lost - return - refused. False where
 *    these contradict each other, as when a duplicated request's second answer
 *    was lost;
 *  - no counters, a stateful reflector: from the gaps in its numbers. False if
 *    the first or the last probe sent was lost, for nothing then tells whether
 *    it was numbered, or if requests were duplicated on the way;
 *  - else false.
 * has_refused: both readings, and they do not contradict the probes.
 * probes.has_direction: no reordering at all, or a stateful reflector.
 */
void account_report(const struct account *a, struct probes *probes,
		    struct loss *loss);

#endif
