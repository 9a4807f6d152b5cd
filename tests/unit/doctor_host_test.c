// SPDX-License-Identifier: GPL-2.0-only
/* What doctor makes of a host's CPUs, clock and kernel: facts read from trees
 * of files made here, or written down. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/kernel.h"
#include "host/processor.h"
#include "model/doctor_host.h"
#include "unit.h"

#define CPU "sys/devices/system/cpu/"
#define SOURCES "sys/devices/system/clocksource/clocksource0/"

static struct doctor doctor;
static struct host_facts host;
static char root[] = "/tmp/xrtt-doctor.XXXXXX";

/* ---- a tree of files ----------------------------------------------------- */

static void put(const char *path, const char *text)
{
	char whole[512];
	FILE *f;

	snprintf(whole, sizeof(whole), "%s/%s", root, path);
	for (char *at = whole + strlen(root) + 1; (at = strchr(at, '/'));
	     at++) {
		*at = '\0';
		assert_true(!mkdir(whole, 0755) || errno == EEXIST);
		*at = '/';
	}
	f = fopen(whole, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int grow(void **state)
{
	(void)state;
	memset(&doctor, 0, sizeof(doctor));
	memset(&host, 0, sizeof(host));
	strcpy(root + sizeof(root) - 7, "XXXXXX");
	return mkdtemp(root) ? 0 : -1;
}

static int fell(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static const struct finding *find(const char *id)
{
	for (size_t i = 0; i < doctor.findings; i++) {
		if (!strcmp(doctor.finding[i].id, id))
			return &doctor.finding[i];
	}
	return NULL;
}

static void assert_finding(const char *id, enum finding_level level,
			   const char *value)
{
	const struct finding *f;

	doctor.findings = 0;
	doctor_judge_processor(&doctor, &host.processor, &host.nic);
	doctor_judge_clock(&doctor, &host.timekeeping);
	doctor_judge_kernel(&doctor, &host.kernel);
	f = find(id);
	assert_non_null(f);
	assert_string_equal(f->value, value);
	assert_int_equal(f->level, level);
	if (level != FINDING_GOOD)
		assert_string_not_equal(f->fix, "");
	else
		assert_string_equal(f->fix, "");
}

/* ---- CPUs ---------------------------------------------------------------- */

static void put_state(int number, const char *name, const char *latency,
		      const char *disable)
{
	char path[96];

	snprintf(path, sizeof(path), CPU "cpu0/cpuidle/state%d/name", number);
	put(path, name);
	snprintf(path, sizeof(path), CPU "cpu0/cpuidle/state%d/latency",
		 number);
	put(path, latency);
	snprintf(path, sizeof(path), CPU "cpu0/cpuidle/state%d/disable",
		 number);
	put(path, disable);
}

static void test_sleep(void **state)
{
	(void)state;
	processor_read(root, &host.processor);
	assert_finding("c_states", FINDING_GOOD, "none");
	put(CPU "cpuidle/current_driver", "intel_idle\n");
	put_state(0, "POLL\n", "0\n", "0\n");
	put_state(1, "C1\n", "2\n", "0\n");
	put_state(2, "C6\n", "133\n", "0\n");
	processor_read(root, &host.processor);
	assert_finding("c_states", FINDING_COSTS, "C6");
	assert_true(find("c_states")->cost_ns == 133000);
	put_state(2, "C6\n", "133\n", "1\n");
	processor_read(root, &host.processor);
	assert_finding("c_states", FINDING_GOOD, "C1");
}

static void test_frequency(void **state)
{
	(void)state;
	processor_read(root, &host.processor);
	assert_finding("cpu_frequency", FINDING_GOOD, "none");
	put(CPU "cpu0/cpufreq/scaling_governor", "performance\n");
	put(CPU "cpu3/cpufreq/scaling_governor", "performance\n");
	processor_read(root, &host.processor);
	assert_finding("cpu_frequency", FINDING_GOOD, "performance");
	put(CPU "cpu2/cpufreq/scaling_governor", "schedutil\n");
	processor_read(root, &host.processor);
	assert_finding("cpu_frequency", FINDING_COSTS, "mixed");
}

static void test_isolation(void **state)
{
	(void)state;
	put(CPU "online", "0-3\n");
	put(CPU "isolated", "\n");
	put(CPU "nohz_full", "(null)\n");
	processor_read(root, &host.processor);
	assert_int_equal(host.processor.online, 4);
	assert_finding("isolation", FINDING_GOOD, "none");
	assert_non_null(strstr(find("isolation")->text, "any of 4"));
	put(CPU "isolated", "2-3\n");
	processor_read(root, &host.processor);
	assert_finding("isolation", FINDING_GOOD, "2-3");
	put(CPU "online", "0\n");
	processor_read(root, &host.processor);
	assert_finding("isolation", FINDING_COSTS, "one CPU");
}

static void test_steal(void **state)
{
	struct cpu_time before, after;
	char value[32];

	(void)state;
	put("proc/stat", "cpu  100 0 100 9000 0 0 0 10 0 0\ncpu0 1 2 3\n");
	cpu_time_read(root, &before);
	assert_true(before.known);
	assert_int_equal(before.all, 9210);
	put("proc/stat", "cpu  200 0 200 9700 0 0 0 60 0 0\n");
	cpu_time_read(root, &after);
	processor_take_time(&host.processor, &before, &after);
	snprintf(value, sizeof(value), "%.4f", 50.0 / 950);
	assert_finding("steal", FINDING_COSTS, value);
	processor_take_time(&host.processor, &before, &before);
	assert_finding("steal", FINDING_GOOD, "0.0000");
	put("proc/stat", "nothing of the kind\n");
	cpu_time_read(root, &after);
	assert_false(after.known);
}

static void test_interrupts(void **state)
{
	struct processor_facts *p = &host.processor;

	(void)state;
	host.nic.there = host.nic.has_device = true;
	strcpy(host.nic.name, "ens5");
	p->runner = fact_of(1);
	assert_finding("irq_affinity", FINDING_GOOD, "unknown");
	p->interrupts_known = true;
	strcpy(p->interrupted, "0");
	assert_finding("irq_affinity", FINDING_GOOD, "0");
	p->runner_interrupted = true;
	strcpy(p->interrupted, "0-1");
	assert_finding("irq_affinity", FINDING_COSTS, "0-1");
}

/* ---- clock --------------------------------------------------------------- */

static void test_clocksource(void **state)
{
	struct timekeeping_facts *t = &host.timekeeping;

	(void)state;
	t->state.source = "none";
	put(SOURCES "current_clocksource", "xen\n");
	put(SOURCES "available_clocksource", "xen tsc hpet acpi_pm \n");
	t->state.reading =
		(struct clock_reading){ .known = true, .p50_ns = 720 };
	clocksource_read(root, t);
	assert_finding("clocksource", FINDING_COSTS, "xen");
	assert_true(find("clocksource")->cost_ns == 720);
	assert_non_null(strstr(find("clocksource")->fix, "echo tsc > /sys/"));
	assert_null(find("clock_read"));
	t->state.reading.known = false;
	assert_finding("clocksource", FINDING_COSTS, "xen");
	assert_non_null(strstr(find("clocksource")->text, "takes long, "));
	assert_true(isnan(find("clocksource")->cost_ns));
	t->state.reading.known = true;
	put(SOURCES "available_clocksource", "hpet acpi_pm mytsc \n");
	clocksource_read(root, t);
	assert_finding("clocksource", FINDING_COSTS, "xen");
	assert_non_null(strstr(find("clocksource")->fix, "boot with"));
	put(SOURCES "current_clocksource", "tsc\n");
	clocksource_read(root, t);
	assert_finding("clocksource", FINDING_GOOD, "tsc");
	assert_finding("clock_read", FINDING_COSTS, "720");
	t->state.reading.p50_ns = 25;
	assert_finding("clock_read", FINDING_GOOD, "25");
	put(SOURCES "current_clocksource", "refined-jiffies\n");
	clocksource_read(root, t);
	assert_finding("clocksource", FINDING_BLOCKS, "refined-jiffies");
}

static void test_discipline(void **state)
{
	struct clock_state *c = &host.timekeeping.state;

	(void)state;
	c->source = "none";
	c->rate_ppm = 50;
	assert_finding("clock_discipline", FINDING_COSTS, "none");
	assert_true(find("clock_discipline")->cost_ppm == 50);
	assert_non_null(strstr(find("clock_discipline")->text, "±2.75 µs"));
	c->disciplined = true;
	c->source = "chrony";
	c->rate_ppm = 0.08;
	assert_finding("clock_discipline", FINDING_GOOD, "chrony");
	doctor_judge_clock(&doctor, &host.timekeeping);
	assert_int_equal(find("tai_offset")->level, FINDING_GOOD);
	assert_non_null(strstr(find("tai_offset")->fix, "chrony.conf"));
	c->tai_offset_s = 37;
	assert_finding("tai_offset", FINDING_GOOD, "37");
	c->steering.known = true;
	c->steering.departure_ppm = 0.05;
	assert_finding("clock_slew", FINDING_GOOD, "0.05");
	c->steering.departures = 1;
	c->steering.departure_ppm = 83;
	assert_finding("clock_slew", FINDING_COSTS, "83");
	assert_true(find("clock_slew")->cost_ppm == 83);
}

/* ---- kernel -------------------------------------------------------------- */

static void test_lockdown(void **state)
{
	(void)state;
	host.timekeeping.state.source = "none";
	kernel_read(root, &host.kernel);
	assert_finding("lockdown", FINDING_GOOD, "absent");
	assert_finding("btf", FINDING_GOOD, "absent");
	put("sys/kernel/security/lockdown",
	    "none [integrity] confidentiality\n");
	put("sys/kernel/btf/vmlinux", "");
	kernel_read(root, &host.kernel);
	assert_finding("lockdown", FINDING_GOOD, "integrity");
	assert_finding("btf", FINDING_GOOD, "present");
	put("sys/kernel/security/lockdown", "damaged ]none[\n");
	kernel_read(root, &host.kernel);
	assert_finding("lockdown", FINDING_GOOD, "absent");
}

static void test_sysctls(void **state)
{
	(void)state;
	host.timekeeping.state.source = "none";
	put("proc/sys/net/core/bpf_jit_enable", "1\n");
	put("proc/sys/net/core/bpf_jit_harden", "0\n");
	put("proc/sys/kernel/unprivileged_bpf_disabled", "2\n");
	kernel_read(root, &host.kernel);
	assert_finding("bpf_jit", FINDING_GOOD, "1");
	assert_finding("unprivileged_bpf", FINDING_GOOD, "2");
	put("proc/sys/net/core/bpf_jit_harden", "2\n");
	kernel_read(root, &host.kernel);
	assert_finding("bpf_jit", FINDING_COSTS, "1");
	put("proc/sys/net/core/bpf_jit_enable", "0\n");
	kernel_read(root, &host.kernel);
	assert_finding("bpf_jit", FINDING_COSTS, "0");
}

static void put_capabilities(unsigned long long mask)
{
	char text[128];

	snprintf(text, sizeof(text),
		 "Name:\txrtt\nCapPrm:\tffffffffffffffff\nCapEff:\t%016llx\n",
		 mask);
	put("proc/self/status", text);
	kernel_read(root, &host.kernel);
}

#define BIT(n) (1ULL << (n))

static void test_capabilities(void **state)
{
	(void)state;
	host.timekeeping.state.source = "none";
	put_capabilities(BIT(12) | BIT(13) | BIT(21) | BIT(39));
	assert_finding("capabilities", FINDING_GOOD, "all");
	put_capabilities(BIT(12) | BIT(13) | BIT(39));
	assert_finding("capabilities", FINDING_COSTS, "CAP_SYS_ADMIN");
	put_capabilities(BIT(12) | BIT(21) | BIT(39));
	assert_finding("capabilities", FINDING_COSTS, "CAP_NET_RAW");
	put_capabilities(BIT(13) | BIT(21) | BIT(39));
	assert_finding("capabilities", FINDING_BLOCKS, "CAP_NET_ADMIN");
	put_capabilities(BIT(12) | BIT(13));
	assert_finding("capabilities", FINDING_BLOCKS, "CAP_BPF");
	/* CAP_SYS_ADMIN was all of it before 5.8, and still is. */
	put_capabilities(BIT(12) | BIT(13) | BIT(21));
	assert_finding("capabilities", FINDING_GOOD, "all");
}

static void test_memlock(void **state)
{
	struct kernel_facts *k = &host.kernel;

	(void)state;
	host.timekeeping.state.source = "none";
	k->memlock_counts = fact_of(1);
	k->memlock = fact_of(65536);
	assert_finding("memlock", FINDING_BLOCKS, "counts");
	k->memlock.value = -1;
	assert_finding("memlock", FINDING_GOOD, "counts");
	k->memlock = fact_of(65536);
	k->memlock_counts.value = 0;
	assert_finding("memlock", FINDING_GOOD, "no matter");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_sleep, grow, fell),
		cmocka_unit_test_setup_teardown(test_frequency, grow, fell),
		cmocka_unit_test_setup_teardown(test_isolation, grow, fell),
		cmocka_unit_test_setup_teardown(test_steal, grow, fell),
		cmocka_unit_test_setup_teardown(test_interrupts, grow, fell),
		cmocka_unit_test_setup_teardown(test_clocksource, grow, fell),
		cmocka_unit_test_setup_teardown(test_discipline, grow, fell),
		cmocka_unit_test_setup_teardown(test_lockdown, grow, fell),
		cmocka_unit_test_setup_teardown(test_sysctls, grow, fell),
		cmocka_unit_test_setup_teardown(test_capabilities, grow, fell),
		cmocka_unit_test_setup_teardown(test_memlock, grow, fell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
