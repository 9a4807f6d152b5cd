// SPDX-License-Identifier: GPL-2.0-only
#include "model/path_mtu.h"

#include <string.h>

/* RFC 791: every host takes so much, and a link that takes less than 68 is none
 * of IPv4's; a probe is a bit longer. RFC 8200 section 5. */
#define FLOOR4 128
#define FLOOR6 1280

void mtu_search_start(struct mtu_search *s, int version, unsigned int most)
{
	memset(s, 0, sizeof(*s));
	s->floor = version == 4 ? FLOOR4 : FLOOR6;
	s->refused = most + 1;
	s->next = most < s->floor ? 0 : most;
}

static void go_on(struct mtu_search *s)
{
	unsigned int low = s->passed ? s->passed : s->floor - 1;

	s->next = s->refused - low < 2 ? 0 : low + (s->refused - low) / 2;
}

void mtu_search_passed(struct mtu_search *s)
{
	s->passed = s->next;
	/* Nobody needs to try what the router would refuse. */
	if (s->passed == s->told)
		s->refused = s->passed + 1;
	go_on(s);
}

void mtu_search_refused(struct mtu_search *s, unsigned int told)
{
	s->refused = s->next;
	if (told < s->floor || told >= s->next || told <= s->passed) {
		go_on(s);
		return;
	}
	s->told = told;
	s->next = told;
}

void mtu_search_silent(struct mtu_search *s)
{
	s->refused = s->next;
	go_on(s);
}
