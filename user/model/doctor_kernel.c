// SPDX-License-Identifier: GPL-2.0-only
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/doctor_host.h"

/* include/uapi/linux/capability.h. */
#define CAP_NET_ADMIN 12
#define CAP_NET_RAW 13
#define CAP_SYS_ADMIN 21
#define CAP_BPF 39

#define PRIVILEGES \
	"run it with sudo, or: setcap cap_bpf,cap_net_admin,cap_net_raw," \
	"cap_sys_admin+ep $(command -v xrtt)"

/* What the smallest run's maps take, all told. */
#define MAPS_OCTETS (4 << 20)

static bool may(const struct kernel_facts *k, int capability)
{
	int64_t admin = INT64_C(1) << CAP_SYS_ADMIN;

	/* linux/capability.h, bpf_capable(): CAP_SYS_ADMIN will do. */
	if (capability == CAP_BPF && (k->capabilities.value & admin))
		return true;
	return k->capabilities.value & (INT64_C(1) << capability);
}

static const struct need {
	int capability;
	enum finding_level level;
	const char *name;
	const char *without;
} needs[] = {
	{ CAP_BPF, FINDING_BLOCKS, "CAP_BPF", "no BPF program can be loaded" },
	{ CAP_NET_ADMIN, FINDING_BLOCKS, "CAP_NET_ADMIN",
	  "no program can be loaded or attached to an interface" },
	{ CAP_NET_RAW, FINDING_COSTS, "CAP_NET_RAW",
	  "no probes over ICMP, and drv_tx cannot be tried without a target" },
	{ CAP_SYS_ADMIN, FINDING_COSTS, "CAP_SYS_ADMIN",
	  "no network namespaces: tx_gap and rx_gap are not bounded, and the "
	  "stamps cannot be tried on a cable of our own" },
};

#define NEEDS (sizeof(needs) / sizeof(*needs))

static void judge_capabilities(struct doctor *d, const struct kernel_facts *k)
{
	bool has_all = true;
	struct finding *f;

	if (!k->capabilities.known)
		return;
	for (size_t i = 0; i < NEEDS; i++) {
		const struct need *n = &needs[i];

		if (may(k, n->capability))
			continue;
		has_all = false;
		f = doctor_find(d, "capabilities", n->level, "without %s: %s",
				n->name, n->without);
		finding_set_value(f, "%s", n->name);
		finding_set_fix(f, PRIVILEGES);
	}
	if (!has_all)
		return;
	f = doctor_find(d, "capabilities", FINDING_GOOD,
			"CAP_BPF, CAP_NET_ADMIN, CAP_NET_RAW and CAP_SYS_ADMIN "
			"are there");
	finding_set_value(f, "all");
}

static void judge_lockdown(struct doctor *d, const struct kernel_facts *k)
{
	struct finding *f;

	f = doctor_find(d, "lockdown", FINDING_GOOD,
			*k->lockdown ? "lockdown is %s: our programs read no "
				       "kernel memory and load under any"
				     : "this kernel shows no lockdown",
			k->lockdown);
	finding_set_value(f, "%s", *k->lockdown ? k->lockdown : "absent");
}

static void judge_btf(struct doctor *d, const struct kernel_facts *k)
{
	struct finding *f;

	f = doctor_find(d, "btf", FINDING_GOOD,
			k->has_btf ? "the kernel has its BTF (not needed)"
				   : "the kernel has no BTF, and none is "
				     "needed");
	finding_set_value(f, k->has_btf ? "present" : "absent");
}

static void judge_jit(struct doctor *d, const struct kernel_facts *k)
{
	struct finding *f;

	if (!k->jit.known)
		return;
	if (!k->jit.value) {
		f = doctor_find(d, "bpf_jit", FINDING_COSTS,
				"BPF programs are interpreted: every hook "
				"takes several times as long (see the stamps' "
				"cost)");
		finding_set_fix(f, "sysctl -w net.core.bpf_jit_enable=1");
	} else if (k->jit_harden.known && k->jit_harden.value > 1) {
		f = doctor_find(d, "bpf_jit", FINDING_COSTS,
				"the JIT hides constants even in root's "
				"programs: every hook takes longer (see the "
				"stamps' cost)");
		finding_set_fix(f, "sysctl -w net.core.bpf_jit_harden=1");
	} else {
		f = doctor_find(d, "bpf_jit", FINDING_GOOD,
				"BPF programs are compiled");
	}
	finding_set_value(f, "%" PRId64, k->jit.value);
}

/* What a process without CAP_BPF may do is no matter of precision. */
static void judge_unprivileged(struct doctor *d, const struct kernel_facts *k)
{
	struct finding *f;

	if (!k->unprivileged.known)
		return;
	f = doctor_find(d, "unprivileged_bpf", FINDING_GOOD,
			k->unprivileged.value
				? "kernel.unprivileged_bpf_disabled is %" PRId64
				  ": xrtt has CAP_BPF and does not mind"
				: "kernel.unprivileged_bpf_disabled is %" PRId64
				  ": anybody may load some BPF programs",
			k->unprivileged.value);
	finding_set_value(f, "%" PRId64, k->unprivileged.value);
}

static void judge_memlock(struct doctor *d, const struct kernel_facts *k)
{
	bool counts = k->memlock_counts.known && k->memlock_counts.value;
	bool is_short = counts && k->memlock.known && k->memlock.value >= 0 &&
			k->memlock.value < MAPS_OCTETS;
	struct finding *f;

	if (!k->memlock_counts.known)
		return;
	if (is_short) {
		f = doctor_find(d, "memlock", FINDING_BLOCKS,
				"BPF maps count against RLIMIT_MEMLOCK here, "
				"and it is %" PRId64 " kB",
				k->memlock.value / 1024);
		finding_set_fix(f, "ulimit -l unlimited");
	} else {
		f = doctor_find(d, "memlock", FINDING_GOOD,
				counts ? "RLIMIT_MEMLOCK is large enough for "
					 "our maps"
				       : "RLIMIT_MEMLOCK is no obstacle to "
					 "our maps");
	}
	finding_set_value(f, counts ? "counts" : "no matter");
}

void doctor_judge_kernel(struct doctor *d, const struct kernel_facts *k)
{
	struct finding *f;

	f = doctor_find(d, "kernel", FINDING_GOOD, "kernel %s", k->release);
	finding_set_value(f, "%s", k->release);
	judge_capabilities(d, k);
	judge_jit(d, k);
	judge_memlock(d, k);
	judge_lockdown(d, k);
	judge_btf(d, k);
	judge_unprivileged(d, k);
}
