// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include <linux/if_link.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include "line.h"
#include "line.skel.h"

#define DRAIN_NS 1500000000ull
#define NAP_NS 1000000ull
#define STAMP_REPLY_SEQ 24
#define STAMP_OCTETS 44

enum {
	EXIT_TROUBLE = 1,
	EXIT_USAGE,
	EXIT_MACHINE
};

struct line {
	struct line_options options;
	struct line_bpf *skel;
	struct line_cell *cells;
	struct line_row *rows;
	int links[2];
	struct line_worker worker;
};

/* Says it and returns err. */
static int complain(const char *what, const char *name, int err)
{
	fprintf(stderr, "line: %s %s: %s%s\n", what, name, strerror(-err),
		err == -EPERM	? " (needs CAP_BPF and CAP_NET_ADMIN)"
		: err == -EBUSY ? " (an XDP program is attached already)"
				: "");
	return err;
}

static void signals_get(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGALRM);
	sigaddset(set, SIGHUP);
}

/* Whether one of our signals came within ns. */
static bool signal_wait(uint64_t ns)
{
	struct timespec ts = { .tv_sec = ns / 1000000000,
			       .tv_nsec = ns % 1000000000 };
	sigset_t set;

	signals_get(&set);
	return sigtimedwait(&set, NULL, &ts) > 0;
}

static int resident_start(struct line *line)
{
	const volatile __u64 *beats = &line->skel->bss->beats;
	int fd = bpf_program__fd(line->skel->progs.line_resident);
	int err;

	line->worker.prog_fd = fd;
	err = line_worker_start(&line->worker, line->options.cpu, beats);
	return err ? complain("BPF_PROG_TEST_RUN",
			      "with live frames (Linux 5.18) on that CPU", err)
		   : 0;
}

static void *map_view(struct bpf_map *map)
{
	size_t bytes =
		(size_t)bpf_map__max_entries(map) * bpf_map__value_size(map);
	void *view = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			  bpf_map__fd(map), 0);

	return view == MAP_FAILED ? NULL : view;
}

static int config_fill(const struct line_options *o, struct line_config *c)
{
	for (int dir = 0; dir < 2; dir++) {
		const char *out = o->ifname[!dir];
		int mtu = line_mtu_get(out);

		if (mtu < 0)
			return complain("interface", out, mtu);
		if (line_queues_count(out) > 1) {
			fprintf(stderr,
				"line: %s has several receive queues: order "
				"is kept with one only (ethtool -L %s rx 1)\n",
				out, out);
			return -EINVAL;
		}
		c->ifindex_out[dir] = if_nametoindex(out);
		c->hold_ns[dir] = o->hold_ns[dir];
		c->len_max[dir] = mtu + 18 < (int)LINE_FRAME_MAX
					  ? (uint32_t)mtu + 18
					  : LINE_FRAME_MAX;
		if (!line_peer_has_xdp(c->ifindex_out[dir]))
			fprintf(stderr,
				"line: warning: the other end of %s has no XDP "
				"program: what is sent there vanishes (line "
				"--pass mends it)\n",
				out);
	}
	c->lie_ns = o->lie_ns;
	c->rows = o->rows;
	c->port = o->port;
	c->is_icmp_stamp = o->is_icmp_stamp;
	c->is_raw = o->is_raw;
	c->seq_at[0] = o->sequence_at < 0 ? 0 : o->sequence_at;
	c->seq_at[1] = o->sequence_at < 0 ? STAMP_REPLY_SEQ : o->sequence_at;
	c->seq_len = o->sequence_at < 0 ? STAMP_OCTETS : o->sequence_at + 4;
	return 0;
}

static int cells_fill(struct line *line, struct line_cell *cells,
		      uint64_t *step_ns)
{
	const struct line_options *o = &line->options;
	int err = line_jitter_fill(o, cells, step_ns);

	if (!err && o->jitter != LINE_JITTER_NONE)
		fprintf(stderr, "line: seed %llu\n",
			(unsigned long long)o->seed);
	if (!err && o->plan)
		err = line_plan_load(o->plan, cells);
	return err;
}

static int paths_fill(const struct line_options *o, struct line_config *c,
		      struct line_paths *paths)
{
	int err = 0;

	if (o->paths)
		err = line_paths_load(o->paths, paths);
	c->lanes = o->paths ? paths->lanes : 1;
	memcpy(c->steps, paths->steps, sizeof(c->steps));
	memcpy(c->step, paths->step, sizeof(c->step));
	return err;
}

static bool has_swap(const struct line_cell *cells)
{
	for (uint32_t i = 0; i < 2 * LINE_CELLS; i++)
		if (cells[i].action == LINE_SWAP)
			return true;
	return false;
}

/* The jitter's step must be known before loading, the cells can be filled
 * only after it: they are made aside and copied. */
static int line_load(struct line *line)
{
	static struct line_cell cells[2 * LINE_CELLS];
	static struct line_paths paths;
	struct line_config config = { 0 };
	struct line_bpf *skel;
	__u64 step_ns = 0;
	int err;

	err = config_fill(&line->options, &config);
	if (!err)
		err = cells_fill(line, cells, (uint64_t *)&step_ns);
	if (!err)
		err = paths_fill(&line->options, &config, &paths);
	if (err)
		return err;
	if (line->options.paths && has_swap(cells))
		return complain("--paths and", "a plan that swaps", -EINVAL);
	config.jitter_step_ns = step_ns;
	skel = line->skel = line_bpf__open();
	if (!skel)
		return complain("cannot open", "the BPF object", -errno);
	skel->rodata->config = config;
	bpf_program__set_autoload(skel->progs.line_pass_all, false);
	bpf_map__set_max_entries(skel->maps.rows, 2 * config.rows);
	err = line_bpf__load(skel);
	if (err)
		return complain("cannot load", "the BPF programs", err);
	line->cells = map_view(skel->maps.cells);
	line->rows = map_view(skel->maps.rows);
	if (!line->cells || !line->rows)
		return complain("cannot map", "the ledger", -ENOMEM);
	memcpy(line->cells, cells, sizeof(cells));
	memcpy(skel->bss->lane_of_port, paths.lane_of_port,
	       sizeof(paths.lane_of_port));
	if (config.is_raw) {
		/* A late tick makes the hold wrong; refused, it is later. */
		setpriority(PRIO_PROCESS, 0, -20);
		line_clock_publish(&skel->bss->line_clock);
	}
	return 0;
}

/* A link: it goes with the process, however that ends. */
static int xdp_attach(const struct bpf_program *prog, const char *ifname)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	unsigned int ifindex = if_nametoindex(ifname);
	int fd;

	if (!ifindex)
		return complain("interface", ifname, -errno);
	fd = bpf_link_create(bpf_program__fd(prog), ifindex, BPF_XDP, &opts);
	if (fd < 0)
		complain("cannot attach native XDP to", ifname, fd);
	return fd;
}

static int hooks_attach(struct line *line)
{
	const struct bpf_program *const progs[2] = {
		line->skel->progs.line_enter_ab,
		line->skel->progs.line_enter_ba,
	};

	for (int dir = 0; dir < 2; dir++) {
		int fd = xdp_attach(progs[dir], line->options.ifname[dir]);

		if (fd < 0)
			return fd;
		line->links[dir] = fd;
	}
	return 0;
}

static void hooks_detach(struct line *line)
{
	for (int dir = 0; dir < 2; dir++) {
		if (line->links[dir] >= 0)
			close(line->links[dir]);
		line->links[dir] = -1;
	}
}

static void ready_print(void)
{
	puts("ready");
	fflush(stdout);
}

/* signal_wait(), with a tick of the line's clock every ms if it needs them. */
static bool tick_wait(struct line *line, uint64_t ns)
{
	uint64_t step = line->options.is_raw ? NAP_NS : ns;

	for (uint64_t slept = 0; slept < ns; slept += step) {
		if (signal_wait(step))
			return true;
		if (line->options.is_raw)
			line_clock_publish(&line->skel->bss->line_clock);
	}
	return false;
}

/* Until a signal, the end of the time, or the worker's death. */
static void line_wait(struct line *line)
{
	unsigned int seconds = line->options.seconds;
	uint64_t until = line_clock_now() + seconds * 1000000000ull;

	while (!line->worker.err && (!seconds || line_clock_now() < until))
		if (tick_wait(line, 20 * NAP_NS))
			return;
}

static bool are_empty(const volatile struct line_lane *lanes)
{
	for (uint32_t i = 0; i < 2 * LINE_LANES; i++)
		if (lanes[i].head != lanes[i].tail)
			return false;
	return true;
}

/* What is inside leaves when it is due; another signal cuts that short. */
static void line_drain(struct line *line)
{
	volatile struct line_queue *q = line->skel->bss->queues;
	volatile struct line_lane *lanes = line->skel->bss->lanes;
	uint64_t until = line_clock_now();

	for (uint32_t i = 0; i < 2 * LINE_LANES; i++)
		if (lanes[i].last_due_ns > until)
			until = lanes[i].last_due_ns;
	until += DRAIN_NS;
	while (!line->worker.err && line_clock_now() < until) {
		if (are_empty(lanes) && !q[0].parked && !q[1].parked)
			return;
		if (tick_wait(line, NAP_NS))
			return;
	}
}

static int line_report(struct line *line)
{
	struct line_outcome out = {
		.queues = line->skel->bss->queues,
		.rows = line->rows,
		.max = line->options.rows,
	};
	int status = line_outcome_print(&out);

	if (line->options.ledger &&
	    line_ledger_write(line->options.ledger, &out))
		status = EXIT_TROUBLE;
	return status;
}

static int line_run(struct line *line)
{
	int status = EXIT_MACHINE;

	if (line_load(line) || resident_start(line) || hooks_attach(line))
		goto out;
	ready_print();
	line_wait(line);
	hooks_detach(line);
	line_drain(line);
	line_worker_stop(&line->worker);
	if (line->worker.err)
		complain("BPF_PROG_TEST_RUN", "ended", line->worker.err);
	status = line_report(line);
	if (line->worker.err)
		status = EXIT_MACHINE;
out:
	hooks_detach(line);
	line_worker_stop(&line->worker);
	line_bpf__destroy(line->skel);
	return status;
}

static int pass_run(struct line *line)
{
	struct line_bpf *skel = line->skel = line_bpf__open();
	int status = EXIT_MACHINE;
	int err;

	if (!skel) {
		complain("cannot open", "the BPF object", -errno);
		return status;
	}
	bpf_program__set_autoload(skel->progs.line_enter_ab, false);
	bpf_program__set_autoload(skel->progs.line_enter_ba, false);
	bpf_program__set_autoload(skel->progs.line_resident, false);
	bpf_map__set_autocreate(skel->maps.slots, false);
	bpf_map__set_autocreate(skel->maps.cells, false);
	bpf_map__set_autocreate(skel->maps.rows, false);
	err = line_bpf__load(skel);
	if (err) {
		complain("cannot load", "the BPF program", err);
		goto out;
	}
	line->links[0] =
		xdp_attach(skel->progs.line_pass_all, line->options.pass);
	if (line->links[0] < 0)
		goto out;
	ready_print();
	line_wait(line);
	status = 0;
out:
	hooks_detach(line);
	line_bpf__destroy(skel);
	return status;
}

int main(int argc, char **argv)
{
	static struct line line = { .links = { -1, -1 } };
	sigset_t set;
	int err = line_options_parse(argc, argv, &line.options);

	if (err)
		return err < 0 ? EXIT_USAGE : 0;
	signals_get(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return line.options.pass ? pass_run(&line) : line_run(&line);
}
