// SPDX-License-Identifier: GPL-2.0-only
#include "out/row.h"

#include <string.h>

/* From here on a JSON reader's double loses nanoseconds: a string instead. */
#define ROW_INTEGER_END (INT64_C(1) << 53)

static const char *const column_name[COLUMNS] = {
	[COLUMN_SEQ] = "seq",
	[COLUMN_FLOW] = "flow",
	[COLUMN_ENGINE] = "engine",
	[COLUMN_STATUS] = "status",
	[COLUMN_DUE] = "due_ns",
	[COLUMN_STAMP + STAMP_APP_TX] = "app_tx_ns",
	[COLUMN_STAMP + STAMP_TC_TX] = "tc_tx_ns",
	[COLUMN_STAMP + STAMP_DRV_TX] = "drv_tx_ns",
	[COLUMN_STAMP + STAMP_REMOTE_RX] = "remote_rx_ns",
	[COLUMN_STAMP + STAMP_REMOTE_TX] = "remote_tx_ns",
	[COLUMN_STAMP + STAMP_HW_RX] = "hw_rx_ns",
	[COLUMN_STAMP + STAMP_XDP_RX] = "xdp_rx_ns",
	[COLUMN_STAMP + STAMP_TC_RX] = "tc_rx_ns",
	[COLUMN_STAMP + STAMP_SOCK_RX] = "sock_rx_ns",
	[COLUMN_STAMP + STAMP_APP_RX] = "app_rx_ns",
	[COLUMN_TTL] = "ttl",
	[COLUMN_REMOTE_TTL] = "remote_ttl",
	[COLUMN_REFLECTOR_SEQ] = "reflector_seq",
	[COLUMN_RTT] = "rtt_ns",
	[COLUMN_NETWORK] = "network_ns",
	[COLUMN_FLAGS] = "flags",
};

/* Stamps out of order are stamps that are off: there is no word of its own. */
static const char *flag_words(uint32_t flags)
{
	static const char *const words[] = {
		NULL,
		"dup",
		"stolen",
		"dup+stolen",
		"disturbed",
		"dup+disturbed",
		"stolen+disturbed",
		"dup+stolen+disturbed",
	};
	int which = 0;

	if (flags & SAMPLE_DUPLICATE)
		which += 1;
	if (flags & SAMPLE_STOLEN)
		which += 2;
	if (flags & (SAMPLE_DISTURBED | SAMPLE_DISORDER))
		which += 4;
	return words[which];
}

static struct cell text_cell(const char *text)
{
	return (struct cell){ .is_there = text, .text = text };
}

static struct cell number_cell(bool is_there, int64_t number)
{
	return (struct cell){ .is_there = is_there, .number = number };
}

static void fill_stamps(struct cell *cell, const struct sample *s,
			const struct sample_origin *origin)
{
	for (int i = 0; i < STAMPS; i++) {
		const remote_t *remote = i == STAMP_REMOTE_RX	? &s->remote_rx
					 : i == STAMP_REMOTE_TX ? &s->remote_tx
								: NULL;
		bool known =
			sample_has(s, i) && (!remote || origin->has_remote);
		span_t at = { 0 };

		if (known && remote)
			at = remote_sub(*remote, origin->remote);
		else if (known)
			at = mono_sub(s->at[i], origin->local);
		cell[i] = number_cell(known, at.ns);
	}
}

void row_fill(struct row *row, const struct sample *s,
	      const struct wire_ends *ends, const struct sample_origin *origin)
{
	struct cell *cell = row->cell;
	span_t network = { 0 };
	span_t rtt = { 0 };
	bool has_network = sample_network(s, ends, &network);
	bool has_rtt = sample_rtt(s, &rtt);

	cell[COLUMN_SEQ] = number_cell(true, s->seq);
	cell[COLUMN_FLOW] = number_cell(true, s->flow);
	cell[COLUMN_ENGINE] = text_cell(engine_name(s->engine));
	cell[COLUMN_STATUS] = text_cell(status_name(s->status));
	cell[COLUMN_DUE] =
		number_cell(s->due.ns, mono_sub(s->due, origin->local).ns);
	fill_stamps(&cell[COLUMN_STAMP], s, origin);
	cell[COLUMN_TTL] = number_cell(s->ttl >= 0, s->ttl);
	cell[COLUMN_REMOTE_TTL] =
		number_cell(s->remote_ttl >= 0, s->remote_ttl);
	cell[COLUMN_REFLECTOR_SEQ] =
		number_cell(s->has_reflector_seq, s->reflector_seq);
	cell[COLUMN_RTT] = number_cell(has_rtt, rtt.ns);
	cell[COLUMN_NETWORK] = number_cell(has_network, network.ns);
	cell[COLUMN_FLAGS] = text_cell(flag_words(s->flags));
}

static char *put_number(char *to, int64_t number)
{
	uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;
	char digits[20];
	int n = 0;

	if (number < 0)
		*to++ = '-';
	do {
		digits[n++] = '0' + rest % 10;
		rest /= 10;
	} while (rest);
	while (n)
		*to++ = digits[--n];
	return to;
}

char *row_header(char *to)
{
	for (int i = 0; i < COLUMNS; i++) {
		to = stpcpy(to, column_name[i]);
		*to++ = i + 1 < COLUMNS ? ',' : '\n';
	}
	return to;
}

char *row_csv(char *to, const struct row *row)
{
	for (int i = 0; i < COLUMNS; i++) {
		const struct cell *cell = &row->cell[i];

		if (cell->text)
			to = stpcpy(to, cell->text);
		else if (cell->is_there)
			to = put_number(to, cell->number);
		*to++ = i + 1 < COLUMNS ? ',' : '\n';
	}
	return to;
}

static bool is_bare(const struct cell *cell)
{
	return !cell->text && cell->number < ROW_INTEGER_END &&
	       cell->number > -ROW_INTEGER_END;
}

static char *put_json(char *to, const struct cell *cell)
{
	if (!cell->is_there)
		return stpcpy(to, "null");
	if (is_bare(cell))
		return put_number(to, cell->number);
	*to++ = '"';
	if (cell->text)
		to = stpcpy(to, cell->text);
	else
		to = put_number(to, cell->number);
	*to++ = '"';
	return to;
}

char *row_jsonl(char *to, const struct row *row)
{
	*to++ = '{';
	for (int i = 0; i < COLUMNS; i++) {
		*to++ = '"';
		to = stpcpy(to, column_name[i]);
		to = stpcpy(to, "\":");
		to = put_json(to, &row->cell[i]);
		*to++ = i + 1 < COLUMNS ? ',' : '}';
	}
	*to++ = '\n';
	return to;
}
