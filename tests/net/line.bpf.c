// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "line_abi.h"
#include "line_checksum.h"
#include "line_lanes.h"
#include "line_parse.h"

/* So long before the deadline the frame is copied; the rest is spent reading
 * the clock, which takes 15 to 30 ns. */
#define LINE_READY_NS 1000
#define LINE_SPINS 64

char LICENSE[] SEC("license") = "GPL";

struct line_queue queues[2];
struct line_clock line_clock;
__u64 beats;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2 * LINE_SLOTS);
	__type(key, __u32);
	__type(value, struct line_slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2 * LINE_CELLS);
	__type(key, __u32);
	__type(value, struct line_cell);
} cells SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct line_row);
} rows SEC(".maps");

static __always_inline __u64 line_time(__u64 mono_ns)
{
	struct line_tick *t;
	__s64 passed;

	if (!config.is_raw)
		return mono_ns;
	t = &line_clock.tick[*(volatile __u32 *)&line_clock.last &
			     (LINE_TICKS - 1)];
	passed = mono_ns - t->mono_ns;
	return t->line_ns + passed + (passed * t->gain >> 32);
}

static __always_inline struct line_row *row_find(__u32 row)
{
	return row == LINE_NO_ROW ? NULL : bpf_map_lookup_elem(&rows, &row);
}

/* A copy of model with another action; LINE_NO_ROW if the ledger is full. */
static __always_inline __u32 row_add(__u32 dir, const struct line_row *model,
				     __u8 action)
{
	struct line_queue *q = &queues[dir];
	__u32 key = dir * config.rows + q->rows;
	struct line_row *row;

	if (q->rows >= config.rows || !(row = row_find(key))) {
		q->unlogged++;
		return LINE_NO_ROW;
	}
	*row = *model;
	row->action = action;
	q->rows++;
	return key;
}

static __always_inline struct line_cell *cell_find(__u32 dir, __u32 i)
{
	__u32 key = dir * LINE_CELLS + (i & (LINE_CELLS - 1));

	return bpf_map_lookup_elem(&cells, &key);
}

static __always_inline __u32 jitter_of(__u32 dir, __u32 n, __u64 now)
{
	struct line_cell *cell;

	if (config.jitter_step_ns)
		n = now > epoch_ns ? (now - epoch_ns) / config.jitter_step_ns
				   : 0;
	cell = cell_find(dir, n);
	return cell ? cell->jitter_ns : 0;
}

/* The plan for a measured frame: row's due and the action. */
static __always_inline __u32 plan_frame(__u32 dir, struct line_row *row)
{
	struct line_cell *cell;

	row->due_ns += jitter_of(dir, row->n, row->enter_ns);
	if (row->n >= LINE_CELLS || !(cell = cell_find(dir, row->n)))
		return LINE_PASS;
	row->due_ns += cell->hold_ns;
	return cell->action;
}

/* A free slot with the frame in it, as its number; LINE_SLOTS if there is
 * none. A parked frame may sit in the way, hence the second try. */
static __always_inline __u32 slot_fill(struct xdp_md *ctx, __u32 dir, __u32 len,
				       struct line_seen *seen)
{
	struct line_queue *q = &queues[dir];
	struct line_slot *slot;
	__u32 i, key;

	i = q->next_slot++ & (LINE_SLOTS - 1);
	key = dir * LINE_SLOTS + i;
	slot = bpf_map_lookup_elem(&slots, &key);
	if (slot && *(volatile __u32 *)&slot->is_busy) {
		i = q->next_slot++ & (LINE_SLOTS - 1);
		key = dir * LINE_SLOTS + i;
		slot = bpf_map_lookup_elem(&slots, &key);
	}
	asm volatile("" : "+r"(len));
	if (!slot || *(volatile __u32 *)&slot->is_busy || len < 14 ||
	    len > LINE_FRAME_MAX)
		return LINE_SLOTS;
	if (bpf_xdp_load_bytes(ctx, 0, slot->data, len))
		return LINE_SLOTS;
	slot->len = len;
	slot->is_busy = 1;
	if (line_checksum_complete(slot, q->header, seen))
		q->completed++;
	return i;
}

/* The swapped frame before this one, if it still waits, goes now. There are no
 * swaps where there are lanes. */
static __always_inline void park_leave(__u32 dir, __u64 due_ns)
{
	struct line_queue *q = &queues[dir];
	struct line_entry e = { .is_last = 1 };
	__u32 parked = *(volatile __u32 *)&q->parked;

	if (!parked)
		return;
	e.row = q->park_row;
	if (__sync_val_compare_and_swap(&q->parked, parked, 0) != parked)
		return;
	e.slot = parked - 1;
	e.due_ns = lanes[lane_key(dir, 0)].last_due_ns;
	if (due_ns > e.due_ns)
		e.due_ns = due_ns;
	lane_push(lane_key(dir, 0), &e);
}

static __always_inline void park_enter(__u32 dir, const struct line_entry *e)
{
	struct line_queue *q = &queues[dir];
	__u64 until = line_time(bpf_ktime_get_ns()) + LINE_PARK_NS;

	q->park_row = e->row;
	q->park_until_ns = e->due_ns > until ? e->due_ns : until;
	__sync_fetch_and_add(&q->parked, e->slot + 1);
}

static __always_inline void frame_hold(__u32 key, struct line_entry *e,
				       const struct line_row *model,
				       __u32 action)
{
	__u32 dir = key / LINE_LANES;

	if (action == LINE_SWAP) {
		park_enter(dir, e);
		return;
	}
	lanes[key].last_due_ns = e->due_ns;
	if (action != LINE_DUP) {
		e->is_last = 1;
		lane_push(key, e);
		return;
	}
	lane_push(key, e);
	e->is_last = 1;
	e->row = row_add(dir, model, LINE_COPY);
	lane_push(key, e);
}

/* Numbers a measured frame, asks the plan and opens its row. */
static __always_inline __u32 frame_measure(__u32 key, struct line_row *model,
					   const struct line_seen *seen)
{
	__u64 last_ns = lanes[key].last_due_ns;
	__u32 dir = key / LINE_LANES, action;

	model->n = queues[dir].measured++;
	model->seq = seen->seq;
	model->port = seen->port;
	action = plan_frame(dir, model);
	if (model->due_ns + config.lie_ns < last_ns)
		model->due_ns = last_ns - config.lie_ns;
	return action;
}

static __always_inline __u32 frame_store(struct xdp_md *ctx, __u32 dir,
					 __u32 len, struct line_seen *seen)
{
	if (len > config.len_max[dir])
		return LINE_SLOTS;
	return slot_fill(ctx, dir, len, seen);
}

static __always_inline int frame_enter(struct xdp_md *ctx, __u32 dir)
{
	struct line_row model = { .enter_ns = bpf_ktime_get_ns() };
	struct line_queue *q = &queues[dir];
	struct line_entry e = { .row = LINE_NO_ROW };
	__u32 action = LINE_PASS;
	__u32 len = bpf_xdp_get_buff_len(ctx);
	__u32 head = len < LINE_HEADER ? len : LINE_HEADER;
	struct line_seen seen = {};
	struct line_row *row;
	__u32 key;

	q->frames++;
	asm volatile("" : "+r"(head));
	if (head >= 14 && head <= LINE_HEADER &&
	    !bpf_xdp_load_bytes(ctx, 0, q->header, head))
		line_parse(q->header, len, &config, &seen);
	if (seen.is_measured && !epoch_ns)
		epoch_ns = model.enter_ns;
	key = lane_key(dir, lane_of(seen.port));
	e.due_ns = model.due_ns =
		line_time(model.enter_ns) +
		lane_hold(dir, key % LINE_LANES, model.enter_ns);
	if (seen.is_measured) {
		action = frame_measure(key, &model, &seen);
		e.due_ns = model.due_ns + config.lie_ns;
		e.row = row_add(dir, &model, action);
	}
	if (e.due_ns < lanes[key].last_due_ns)
		e.due_ns = lanes[key].last_due_ns;
	if (action != LINE_DROP) {
		e.slot = frame_store(ctx, dir, len, &seen);
		if (e.slot != LINE_SLOTS) {
			frame_hold(key, &e, &model, action);
		} else {
			q->overflowed++;
			action = LINE_OVERFLOW;
			if ((row = row_find(e.row)))
				row->action = LINE_OVERFLOW;
		}
	}
	if (seen.is_measured && action != LINE_SWAP)
		park_leave(dir, e.due_ns);
	return XDP_DROP;
}

SEC("xdp.frags")
int line_enter_ab(struct xdp_md *ctx)
{
	return frame_enter(ctx, 0);
}

SEC("xdp.frags")
int line_enter_ba(struct xdp_md *ctx)
{
	return frame_enter(ctx, 1);
}

SEC("xdp.frags")
int line_pass_all(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

/* The page is used again and again: length and bytes are set each time. */
static __always_inline bool page_fill(struct xdp_md *ctx,
				      const struct line_slot *slot)
{
	__u32 len = slot->len;

	asm volatile("" : "+r"(len));
	return len >= 14 && len <= LINE_FRAME_MAX &&
	       !bpf_xdp_adjust_tail(ctx, (int)len - (int)LINE_FRAME_MAX) &&
	       !bpf_xdp_store_bytes(ctx, 0, (void *)slot->data, len);
}

/* XDP_REDIRECT, or XDP_DROP if it is still too early. The stamp is the read
 * that saw the deadline: nothing but its storing lies after it. */
static __always_inline int frame_leave(struct xdp_md *ctx, __u32 dir,
				       const struct line_entry *e)
{
	__u32 key = dir * LINE_SLOTS + (e->slot & (LINE_SLOTS - 1));
	struct line_slot *slot = bpf_map_lookup_elem(&slots, &key);
	struct line_row *row = row_find(e->row);
	__u64 now = 0, mono = 0;

	if (!slot || !page_fill(ctx, slot)) {
		queues[dir].failed++;
		return XDP_ABORTED;
	}
	for (int i = 0; i < LINE_SPINS; i++) {
		mono = bpf_ktime_get_ns();
		now = line_time(mono);
		if (now >= e->due_ns)
			break;
	}
	if (now < e->due_ns)
		return XDP_DROP;
	if (row) {
		row->leave_ns = mono - config.lie_ns;
		row->due_ns += mono - now;
	}
	if (e->is_last)
		*(volatile __u32 *)&slot->is_busy = 0;
	queues[dir].sent++;
	return bpf_redirect(config.ifindex_out[dir], 0);
}

static __always_inline int head_leave(struct xdp_md *ctx, __u32 key)
{
	struct line_lane *lane = &lanes[key & (2 * LINE_LANES - 1)];
	struct line_entry e =
		*lane_entry(key & (2 * LINE_LANES - 1), lane->tail);
	int verdict = frame_leave(ctx, key / LINE_LANES & 1, &e);

	if (verdict != XDP_DROP)
		*(volatile __u32 *)&lane->tail = lane->tail + 1;
	return verdict;
}

/* A swapped frame that no other followed. */
static __always_inline int parked_leave(struct xdp_md *ctx, __u32 dir,
					__u64 now)
{
	struct line_queue *q = &queues[dir];
	__u32 parked = *(volatile __u32 *)&q->parked;
	struct line_entry e = { .is_last = 1, .slot = parked - 1 };

	if (!parked || now < *(volatile __u64 *)&q->park_until_ns)
		return XDP_DROP;
	e.row = q->park_row;
	if (__sync_val_compare_and_swap(&q->parked, parked, 0) != parked)
		return XDP_DROP;
	return frame_leave(ctx, dir, &e);
}

/* Run for ever by BPF_PROG_TEST_RUN: one call is one look at the clock. */
SEC("xdp")
int line_resident(struct xdp_md *ctx)
{
	__u64 soon = line_time(bpf_ktime_get_ns()) + LINE_READY_NS;
	__u64 due_ns;
	__u32 next = lane_next(&due_ns);
	int verdict = XDP_DROP;

	*(volatile __u64 *)&beats = beats + 1;
	if (due_ns <= soon)
		return head_leave(ctx, next);
	if (queues[0].parked)
		verdict = parked_leave(ctx, 0, soon - LINE_READY_NS);
	if (verdict == XDP_DROP && queues[1].parked)
		verdict = parked_leave(ctx, 1, soon - LINE_READY_NS);
	return verdict;
}
