// SPDX-License-Identifier: GPL-2.0-only
#include "out/verbose.h"

#include <errno.h>

#include "out/format.h"

static const char *const stage_label[STAGES] = {
	[STAGE_APP_TO_TC] = "app→tc",
	[STAGE_TC_TO_DRIVER] = "tc→driver",
	[STAGE_NETWORK] = "network",
	[STAGE_REMOTE] = "far host",
	[STAGE_NIC_TO_XDP] = "nic→xdp",
	[STAGE_XDP_TO_TC] = "xdp→tc",
	[STAGE_TC_TO_SOCKET] = "tc→socket",
	[STAGE_SOCKET_TO_APP] = "socket→app",
};

static void put_stages(FILE *to, const struct sample *s,
		       const struct wire_ends *ends)
{
	span_t span;

	for (int i = 0; i < STAGES; i++)
		if (sample_stage(s, ends, i, &span))
			fprintf(to, "  %s %s", stage_label[i],
				format_us((double)span.ns, 2).s);
}

static void put_flags(FILE *to, uint32_t flags)
{
	static const struct {
		uint32_t flag;
		const char *words;
	} row[] = {
		{ SAMPLE_DUPLICATE, "duplicate" },
		{ SAMPLE_STOLEN, "stolen" },
		{ SAMPLE_DISTURBED, "disturbed" },
		{ SAMPLE_DISORDER, "stamps out of order" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		if (flags & row[i].flag)
			fprintf(to, "  %s", row[i].words);
}

int verbose_line(FILE *to, const struct sample *s, const struct wire_ends *ends)
{
	span_t rtt;

	errno = 0;
	fprintf(to, "seq %-6u %s", s->seq, status_name(s->status));
	if (sample_rtt(s, &rtt))
		fprintf(to, "  %s µs", format_us((double)rtt.ns, 2).s);
	put_stages(to, s, ends);
	if (s->ttl >= 0)
		fprintf(to, "  ttl %d", s->ttl);
	put_flags(to, s->flags);
	if (fputc('\n', to) == EOF || ferror(to))
		return errno ? -errno : -EIO;
	return 0;
}
