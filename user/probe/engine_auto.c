// SPDX-License-Identifier: GPL-2.0-only
/*
 * --engine auto: bypass where it has been seen to work, else socket. That a
 * driver takes redirected frames cannot be asked for on every kernel, and where
 * it can, the answer is not always true (veth with GRO on): so it is tried,
 * with a few probes that are not measured.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "host/clock.h"
#include "host/txcount.h"
#include "probe/run.h"

#define TRIALS 4
#define TRIAL_GAP_NS (2 * NSEC_PER_MSEC)
#define TRIAL_SEND_NS (200 * NSEC_PER_MSEC)
/* The others' answers come this soon after the first one, or count for nothing.
 */
#define TRIAL_REST_NS (20 * NSEC_PER_MSEC)
/* Nobody measures these: far from what the windows begin with. */
#define TRIAL_SEQ (SEQ_CONTROL - TRIALS)

struct trial {
	struct slot *slots;
	uint32_t mask;
	unsigned int answered;
	bool counted; /* the next is known */
	uint64_t left;
};

static struct slot *trial_slot(const struct trial *t, unsigned int i)
{
	return &t->slots[(TRIAL_SEQ + i) & t->mask];
}

static void send_trials(struct run *r, struct trial *t)
{
	mono_t due = mono_add(mono_now(), span_ns(TRIAL_GAP_NS));

	for (unsigned int i = 0; i < TRIALS; i++) {
		const struct bypass_order order = {
			.due = due.ns,
			.seq = TRIAL_SEQ + i,
		};

		*trial_slot(t, i) = (struct slot){
			.seq = TRIAL_SEQ + i,
			.engine = SLOT_BYPASS,
			.tx_cpu = UINT16_MAX,
			.rx_cpu = UINT16_MAX,
		};
		bypass_order(r->bypass, &order);
		due = mono_add(due, span_ns(TRIAL_GAP_NS));
	}
	bypass_publish(r->bypass);
}

/* Ctrl-C ends each wait, and is still there for whoever comes next. */
static bool nap(const struct run *r)
{
	return !clock_nap(span_ns(NSEC_PER_MSEC), r->stop);
}

/* Until the driver has them all, or will not have them. */
static void await_sending(const struct run *r)
{
	mono_t until = mono_add(mono_now(), span_ns(TRIAL_SEND_NS));

	while (bypass_waiting(r->bypass) && mono_before(mono_now(), until) &&
	       nap(r))
		;
	nap(r);
}

static unsigned int count_answers(const struct trial *t)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < TRIALS; i++)
		n += __atomic_load_n(&trial_slot(t, i)->state,
				     __ATOMIC_ACQUIRE) == SLOT_DONE;
	return n;
}

static void await_answers(const struct run *r, struct trial *t)
{
	mono_t until = mono_add(mono_now(), r->plan->timeout);
	unsigned int before = 0;

	do {
		t->answered = count_answers(t);
		if (!before && t->answered)
			until = mono_add(mono_now(), span_ns(TRIAL_REST_NS));
		before = t->answered;
	} while (t->answered < TRIALS && mono_before(mono_now(), until) &&
		 nap(r));
}

static void ignore(void *data, const struct slot *record)
{
	(void)data;
	(void)record;
}

/* As if it had never been: a hook half way through a slot has SLOT_QUIET_NS. */
static void clear_up(struct run *r, struct trial *t)
{
	usleep(SLOT_QUIET_NS / NSEC_PER_USEC);
	for (unsigned int i = 0; i < TRIALS; i++)
		memset(trial_slot(t, i), 0, sizeof(struct slot));
	prober_consume(r->prober, ignore, NULL);
}

static void run_trial(struct run *r, struct trial *t)
{
	int count = txcount_open(&r->wire);
	uint64_t before, after;

	t->counted = count >= 0 && !txcount_read(count, &before);
	send_trials(r, t);
	await_sending(r);
	t->counted = t->counted && !txcount_read(count, &after);
	if (t->counted)
		t->left = after - before;
	if (count >= 0)
		close(count);
	await_answers(r, t);
}

static void explain_trial(const struct run *r, const struct trial *t, char *why)
{
	const struct iface *wire = &r->wire;

	if (!t->counted || t->left >= TRIALS)
		snprintf(why, WHY_SIZE,
			 "no answer came to %d frames sent past the stack "
			 "within %lld ms",
			 TRIALS,
			 (long long)(r->plan->timeout.ns / NSEC_PER_MSEC));
	else if (wire->is_veth)
		snprintf(why, WHY_SIZE,
			 "%s sent %llu of %d frames redirected to it: a veth "
			 "takes them where its other end has an XDP program "
			 "(attach a pass-all one there)",
			 wire->name, (unsigned long long)t->left, TRIALS);
	else
		snprintf(why, WHY_SIZE,
			 "%s sent %llu of %d frames redirected to it: %s has "
			 "no ndo_xdp_xmit, or not without native XDP, with "
			 "this MTU or so many queues",
			 wire->name, (unsigned long long)t->left, TRIALS,
			 *wire->driver ? wire->driver : "its driver");
}

static void explain_start(int err, char *why)
{
	if (err == -EINVAL || err == -EOPNOTSUPP)
		snprintf(why, WHY_SIZE,
			 "this kernel's test-runs have no live frames (Linux "
			 "5.18 has)");
	else
		snprintf(why, WHY_SIZE, "its program does not run: %s",
			 strerror(-err));
}

/* True if it works; leaves no trace of the engine. */
static bool works(struct run *r, uint32_t slots, char *why)
{
	struct trial t = {
		.slots = prober_slots(r->prober, 0),
		.mask = slots - 1,
	};
	char detail[WHY_SIZE];
	int err;

	err = bypass_load(r, slots, detail);
	if (err) {
		snprintf(why, WHY_SIZE, "its program does not load: %s",
			 strerror(-err));
		return false;
	}
	err = bypass_start(r->bypass, detail);
	if (!err) {
		run_trial(r, &t);
		bypass_stop(r->bypass);
		clear_up(r, &t);
	}
	bypass_close(r->bypass);
	r->bypass = NULL;
	if (err)
		explain_start(err, why);
	else if (!t.answered)
		explain_trial(r, &t, why);
	return t.answered;
}

/* The program spins on one, and somebody has to read the answers. */
static bool has_spare_cpu(void)
{
	cpu_set_t ours;

	return sched_getaffinity(0, sizeof(ours), &ours) ||
	       CPU_COUNT(&ours) > 1;
}

void engine_choose(struct run *r, uint32_t slots)
{
	const char *no = bypass_obstacle(r);
	char why[WHY_SIZE];
	bool usable = false;

	if (no)
		snprintf(why, sizeof(why), "it %s", no);
	else if (!has_spare_cpu())
		snprintf(why, sizeof(why),
			 "it takes a CPU of its own, and there is only one to "
			 "run on (taskset -p, cpuset)");
	else
		usable = works(r, slots, why);
	r->chosen = *r->plan;
	r->chosen.engine = usable ? ENGINE_BYPASS : ENGINE_SOCKET;
	r->plan = &r->chosen;
	if (!usable)
		fallback_set(&r->hooks.fallbacks.at[FALLBACK_ENGINE], "bypass",
			     "socket", why);
}
