// SPDX-License-Identifier: GPL-2.0-only
#include "host/cpu_offset.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "host/clock.h"

#define CACHE_LINE 64
#define START_NS (20 * NSEC_PER_MSEC) /* for a busy CPU to take its thread */
#define ENOUGH 100 /* exchanges, where a CPU was taken away meanwhile */
#define SPINS 256  /* between looks at the time */

/* One cache line: B answers turn 2n - 1 with 2n, its stamp beside it. */
struct exchange {
	_Alignas(CACHE_LINE) _Atomic uint64_t turn;
	int64_t stamp_ns;
	_Alignas(CACHE_LINE) _Atomic bool is_ended;
	span_t budget;
	int cpu_b;
	int err; /* of starting B's thread */
	struct offset found;
};

/* Waits for B's answer; false once the time is up. */
static bool answer_await(struct exchange *x, uint64_t turn, mono_t until)
{
	for (unsigned int spin = 1;; spin++) {
		if (atomic_load_explicit(&x->turn, memory_order_acquire) ==
		    turn)
			return true;
		if (spin % SPINS == 0 && !mono_before(mono_now(), until))
			return false;
	}
}

static void *answer(void *arg)
{
	struct exchange *x = arg;
	span_t longest = span_add(x->budget, span_ns(3 * START_NS));
	mono_t limit = mono_add(mono_now(), longest);
	unsigned int spin = 0;
	uint64_t turn = 1;

	while (!atomic_load_explicit(&x->is_ended, memory_order_relaxed)) {
		if (++spin % SPINS == 0 && !mono_before(mono_now(), limit))
			break;
		if (atomic_load_explicit(&x->turn, memory_order_acquire) !=
		    turn)
			continue;
		x->stamp_ns = mono_now().ns;
		atomic_store_explicit(&x->turn, turn + 1, memory_order_release);
		turn += 2;
	}
	return NULL;
}

/* Whoever else spins on that CPU would not let it go in time, hence a real-time
 * thread; where that is refused, one that waits its turn. Both end in time. */
static int thread_start(pthread_t *thread, int cpu, void *(*run)(void *),
			struct exchange *x)
{
	struct sched_param param = { .sched_priority = 1 };
	pthread_attr_t attr;
	cpu_set_t set;
	int err;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_attr_init(&attr);
	err = -pthread_attr_setaffinity_np(&attr, sizeof(set), &set);
	if (!err) {
		pthread_attr_setschedpolicy(&attr, SCHED_FIFO);
		pthread_attr_setschedparam(&attr, &param);
		pthread_attr_setinheritsched(&attr, PTHREAD_EXPLICIT_SCHED);
		err = -pthread_create(thread, &attr, run, x);
	}
	if (err == -EPERM) {
		pthread_attr_setinheritsched(&attr, PTHREAD_INHERIT_SCHED);
		err = -pthread_create(thread, &attr, run, x);
	}
	pthread_attr_destroy(&attr);
	return err;
}

static void exchange(struct exchange *x)
{
	mono_t limit = mono_add(mono_now(), span_ns(START_NS));
	mono_t until = limit;
	uint64_t turn = 0;

	for (;;) {
		mono_t before = mono_now(), after;

		atomic_store_explicit(&x->turn, ++turn, memory_order_release);
		if ((x->found.exchanges >= ENOUGH &&
		     !mono_before(before, until)) ||
		    !answer_await(x, ++turn, limit))
			break;
		after = mono_now();
		if (!x->found.exchanges) {
			until = mono_add(after, x->budget);
			limit = mono_add(until, span_ns(START_NS));
		}
		offset_note(&x->found, before, x->stamp_ns, after);
	}
	atomic_store(&x->is_ended, true);
}

/* Starts B's thread as well: whoever started A's may have no CPU left to run on
 * beside a real-time thread that spins. */
static void *ask(void *arg)
{
	struct exchange *x = arg;
	pthread_t b;

	x->err = thread_start(&b, x->cpu_b, answer, x);
	if (x->err)
		return NULL;
	exchange(x);
	pthread_join(b, NULL);
	return NULL;
}

static void *nothing(void *arg)
{
	return arg;
}

static bool cpu_is_usable(int cpu)
{
	pthread_t thread;
	bool ok = !thread_start(&thread, cpu, nothing, NULL);

	if (ok)
		pthread_join(thread, NULL);
	return ok;
}

int cpu_offset_measure(int cpu_a, int cpu_b, span_t budget,
		       struct offset_bounds *out)
{
	struct exchange x = { .budget = budget, .cpu_b = cpu_b };
	pthread_t a;
	int err;

	if (cpu_a == cpu_b || cpu_a < 0 || cpu_b < 0 || cpu_a >= CPU_SETSIZE ||
	    cpu_b >= CPU_SETSIZE)
		return -EINVAL;
	offset_init(&x.found);
	err = thread_start(&a, cpu_a, ask, &x);
	if (err)
		return err;
	pthread_join(a, NULL);
	if (x.err)
		return x.err;
	return offset_judge(&x.found, out);
}

/* The most by which two different ones of them can differ. */
static int64_t difference_bound(const struct offset_bounds *cpu, unsigned int n)
{
	int64_t bound = 0;

	for (unsigned int i = 0; i < n; i++) {
		for (unsigned int j = 0; j < n; j++) {
			int64_t most = cpu[i].hi_ns - cpu[j].lo_ns;

			if (i != j && most > bound)
				bound = most;
		}
	}
	return bound;
}

void cpu_offset_survey(span_t budget, struct clock_reading *out)
{
	struct offset_bounds to_first[CPU_SETSIZE] = {};
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	int last = get_nprocs_conf() - 1;
	int first = -1;

	out->cpus_online = online > 1 ? (unsigned int)online : 1;
	out->cpus = 1;
	if (last >= CPU_SETSIZE)
		last = CPU_SETSIZE - 1;
	for (int cpu = 0; online > 1 && cpu <= last; cpu++) {
		struct offset_bounds *next = &to_first[out->cpus];
		int err;

		if (first < 0) {
			first = cpu_is_usable(cpu) ? cpu : -1;
			continue;
		}
		err = cpu_offset_measure(
			first, cpu, span_ns(budget.ns / (online - 1)), next);
		if (!err || err == -ERANGE)
			out->cpus++;
	}
	out->has_offset = out->cpus > 1 || online == 1;
	out->offset_ns = difference_bound(to_first, out->cpus);
}
