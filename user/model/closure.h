/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether both engines agree on what is common to them: the wire and the far
 * host. They leave this host by different ways and have gaps of their own, so
 * where "network" differs by more than those gaps explain, one of them books
 * time of this host there.
 */
#ifndef XRTT_MODEL_CLOSURE_H
#define XRTT_MODEL_CLOSURE_H

#include "model/result.h"

/*
 * Fills closure and closure_verdict of a result that has `engines`, these with
 * their bars (budget_fill()). Codes:
 *   agree           0 is within the bars that the two do not share
 *   chance          it is not, but it is with both sampling intervals added:
 *                   these are the medians of different probes
 *   bypass_longer   it is not: what follows the bypass engine's stamp is more
 *                   than its bar allows, or part of the socket engine's
 *                   network is in its tc_to_driver
 *   socket_longer   it is not: part of the socket engine's tc_to_driver is in
 *                   its network
 *   unbounded       nothing bounds the end that would tell
 *   unknown         one of the two has no samples or no bar
 * The text, a whole sentence, is static.
 */
void closure_judge(struct result *both);

#endif
