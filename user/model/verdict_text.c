// SPDX-License-Identifier: GPL-2.0-only
#include "model/verdict_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SENTENCE_MAX 640

struct sentence {
	char text[SENTENCE_MAX];
	size_t length;
};

__attribute__((format(printf, 2, 3))) static void say(struct sentence *s,
						      const char *format, ...)
{
	size_t room = sizeof(s->text) - s->length;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(s->text + s->length, room, format, args);
	va_end(args);
	if (n > 0)
		s->length += (size_t)n < room ? (size_t)n : room - 1;
}

/* "62 %", "0.03 %". */
static void say_share(struct sentence *s, double share)
{
	double percent = 100 * share;

	if (fabs(percent) < 0.01)
		say(s, "< 0.01 %%");
	else if (fabs(percent) < 9.95)
		say(s, "%.2g %%", percent);
	else
		say(s, "%.0f %%", percent);
}

static const char *const words[PARTS] = {
	[PART_DISTANCE] = "is the straight-fibre floor, which holds no slack",
	[PART_DETOUR] = "detour",
	[PART_NETWORK] = "is the network's minimum (distance and detour: "
			 "--from and --to tell them apart)",
	[PART_QUEUEING] = "queueing",
	[PART_LOCAL_HOST] = "this host",
	[PART_REMOTE_HOST] = "the far host",
};

static void say_parts(struct sentence *s, const struct parts *parts)
{
	const char *comma = "";

	for (int i = 0; i < PARTS; i++) {
		const struct range *share = &parts->share[i];

		if (!isfinite(share->value))
			continue;
		say(s, "%s", comma);
		say_share(s, share->value);
		if (i == PART_DISTANCE)
			say(s, " (%.0f to %.0f)", 100 * share->lo,
			    100 * share->hi);
		say(s, " %s", words[i]);
		comma = ", ";
	}
}

/* What else there is to know before one takes the verdict for the pair's. */
static void say_reserves(struct sentence *s, const struct result *r)
{
	if (!r->remote.n)
		say(s, "; the far host's share is in the network's");
	if (r->segments > 1)
		say(s,
		    "; it moved between %zu levels: one verdict does not speak "
		    "for the pair",
		    r->segments);
}

/* "local host" */
static void say_code(struct sentence *s, const char *code)
{
	say(s, "%s", code);
	for (char *c = s->text; *c; c++)
		if (*c == '_')
			*c = ' ';
}

char *verdict_text_level(const struct result *r)
{
	struct sentence s = { .length = 0 };

	say_code(&s, r->level.code);
	say(&s, ": ");
	if (!strcmp(r->level.code, "mixed"))
		say(&s, "no part is surely over half; ");
	say_parts(&s, &r->parts);
	say_reserves(&s, r);
	return strdup(s.text);
}

char *verdict_text_below(const struct result *r)
{
	struct sentence s = { .length = 0 };

	say(&s,
	    "the network's minimum, %.3f ms, is less than light takes (%.3f "
	    "ms at least): the places are wrong, or something nearer answered",
	    r->network.min / 1e6, r->distance.floor_ns[FLOOR_VACUUM].lo / 1e6);
	return strdup(s.text);
}

static const char *const losses[STAGES] = {
	[STAGE_APP_TO_TC] = "in the system call and IP stack (app \u2192 tc)",
	[STAGE_TC_TO_DRIVER] = "in the qdisc or driver (tc \u2192 driver)",
	[STAGE_NETWORK] = "in the network",
	[STAGE_REMOTE] = "in the far host",
	[STAGE_NIC_TO_XDP] = "in DMA, interrupt or NAPI (nic \u2192 xdp)",
	[STAGE_XDP_TO_TC] = "in skb allocation or GRO (xdp \u2192 tc)",
	[STAGE_TC_TO_SOCKET] = "in the IP stack (tc \u2192 socket)",
	[STAGE_SOCKET_TO_APP] = "waking up (socket \u2192 app)",
};

char *verdict_text_tail(const struct result *r, double side)
{
	const struct slowest *slow = &r->slowest;
	bool one = slow->share > 0.5;
	struct sentence s = { .length = 0 };

	say_code(&s, r->tail.code);
	say(&s, ": ");
	if (!strcmp(r->tail.code, "mixed"))
		say(&s, "no side holds over half; ");
	say_share(&s, one || side == 0 ? slow->share : side);
	say(&s, " of what the slowest 1 %% lost, they lost ");
	say(&s, "%s", one || side == 0 ? losses[slow->stage] : "there");
	if (!one && side > 0)
		say(&s, ", most of it %s", losses[slow->stage]);
	return strdup(s.text);
}
