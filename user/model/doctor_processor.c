// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/doctor_host.h"

/* Leaving the shallowest state of today's CPUs takes as long. */
#define WAKE_CHEAP_NS (2 * NSEC_PER_USEC)

/* Of every CPU's time; a tick of /proc/stat is more than nothing. */
#define STOLEN_SOME_PPM 100

static void judge_idle(struct doctor *d, const struct processor_facts *p)
{
	struct finding *f;

	if (!p->idle_ns.known) {
		if (!*p->idle_driver || !strcmp(p->idle_driver, "none"))
			f = doctor_find(d, "c_states", FINDING_GOOD,
					"no sleep states of its own: how deep "
					"a CPU sleeps is the hypervisor's "
					"matter");
		else
			f = doctor_find(d, "c_states", FINDING_GOOD,
					"%s tells of no sleep states",
					p->idle_driver);
		finding_set_value(f, "none");
		return;
	}
	if (p->idle_ns.value <= WAKE_CHEAP_NS) {
		f = doctor_find(d, "c_states", FINDING_GOOD,
				"the deepest sleep is %s: %.1f µs to wake up",
				p->idle_state, (double)p->idle_ns.value / 1e3);
	} else {
		f = doctor_find(d, "c_states", FINDING_COSTS,
				"CPUs sleep as deep as %s: a packet that wakes "
				"one waits up to %.1f µs",
				p->idle_state, (double)p->idle_ns.value / 1e3);
		finding_set_cost(f, (double)p->idle_ns.value, NAN);
		finding_set_fix(f, "xrtt probe --tune, or: cpupower idle-set "
				   "-D 2 (boot: intel_idle.max_cstate=1 "
				   "processor.max_cstate=1)");
	}
	finding_set_value(f, "%s", p->idle_state);
}

static void judge_governor(struct doctor *d, const struct processor_facts *p)
{
	bool is_fast = !strcmp(p->governor, "performance");
	struct finding *f;

	if (!*p->governor) {
		f = doctor_find(d, "cpu_frequency", FINDING_GOOD,
				"no frequency scaling of its own");
		finding_set_value(f, "none");
		return;
	}
	f = doctor_find(d, "cpu_frequency",
			is_fast ? FINDING_GOOD : FINDING_COSTS,
			is_fast ? "governor %s"
				: "governor %s: an idle CPU runs slowly, and "
				  "every stage on this host is longer after a "
				  "pause",
			p->governor);
	finding_set_value(f, "%s", p->governor);
	if (!is_fast)
		finding_set_fix(f, "cpupower frequency-set -g performance");
}

static void judge_isolation(struct doctor *d, const struct processor_facts *p)
{
	struct finding *f;

	if (p->online < 2) {
		f = doctor_find(d, "isolation", FINDING_COSTS,
				"one CPU: whatever else runs delays stamps and "
				"the bypass engine, which takes a CPU for "
				"itself");
		finding_set_value(f, "one CPU");
		finding_set_fix(f, "a machine with two CPUs or more");
		return;
	}
	if (*p->isolated || *p->nohz_full)
		f = doctor_find(d, "isolation", FINDING_GOOD,
				"CPUs kept free: isolated %s, without ticks %s",
				*p->isolated ? p->isolated : "none",
				*p->nohz_full ? p->nohz_full : "none");
	else
		f = doctor_find(d, "isolation", FINDING_GOOD,
				"no CPU is isolated: the scheduler may put "
				"other work on any of %u",
				p->online);
	finding_set_value(f, "%s", *p->isolated ? p->isolated : "none");
}

static void judge_steal(struct doctor *d, const struct processor_facts *p)
{
	double ratio = p->looked_ns > 0 ? (double)p->stolen_ns.value /
						  (double)p->looked_ns
					: 0;
	bool is_some = ratio * 1e6 > STOLEN_SOME_PPM;
	struct finding *f;

	if (!p->stolen_ns.known)
		return;
	f = doctor_find(d, "steal", is_some ? FINDING_COSTS : FINDING_GOOD,
			is_some ? "the hypervisor took the CPU for %.0f ms "
				  "(%.2f %%) while this was looked at: probes "
				  "it hits are late by all of it"
				: "the hypervisor took %.0f ms (%.2f %%) of "
				  "the CPUs while this was looked at",
			(double)p->stolen_ns.value / 1e6, ratio * 100);
	finding_set_value(f, "%.4f", ratio);
	if (!is_some)
		return;
	finding_set_cost(f, (double)p->stolen_ns.value, NAN);
	finding_set_fix(f, "an instance that is not burstable (T family), "
			   "larger, or dedicated");
}

static void judge_interrupts(struct doctor *d, const struct processor_facts *p,
			     const struct nic_facts *n)
{
	struct finding *f;

	if (!n->there || !n->has_device || !p->runner.known)
		return;
	if (!p->interrupts_known) {
		f = doctor_find(d, "irq_affinity", FINDING_GOOD,
				"which CPUs take %s's interrupts is not to be "
				"seen here",
				n->name);
		finding_set_value(f, "unknown");
		return;
	}
	if (!p->runner_interrupted) {
		f = doctor_find(d, "irq_affinity", FINDING_GOOD,
				"RX interrupts of %s go to CPU %s, the bypass "
				"engine to %" PRId64,
				n->name, p->interrupted, p->runner.value);
	} else {
		f = doctor_find(d, "irq_affinity", FINDING_COSTS,
				"every CPU that the bypass engine may have "
				"takes RX interrupts of %s (%s): it is late by "
				"their length, and they by its",
				n->name, p->interrupted);
		finding_mend(f,
			     "stop irqbalance; for each of %s's lines in "
			     "/proc/interrupts: echo 0 > /proc/irq/N/"
			     "smp_affinity_list",
			     n->name);
	}
	finding_set_value(f, "%s", p->interrupted);
}

void doctor_judge_processor(struct doctor *d, const struct processor_facts *p,
			    const struct nic_facts *n)
{
	judge_idle(d, p);
	judge_governor(d, p);
	judge_isolation(d, p);
	judge_steal(d, p);
	judge_interrupts(d, p, n);
}
