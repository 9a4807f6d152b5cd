/* SPDX-License-Identifier: GPL-2.0-only */
/* What tracks.c and tracks_report.c share. */
#ifndef XRTT_PROBE_TRACKS_PARTS_H
#define XRTT_PROBE_TRACKS_PARTS_H

#include "probe/tracks.h"

struct track {
	struct account *account;
	struct distribution *network;
	struct watch *watch;
	uint64_t refused;
};

struct tracks {
	unsigned int flows;
	mono_t origin;
	double bar_ns;
	bool has_zero; /* of the two hosts' clocks, the first time both told */
	int64_t zero_ns;
	struct track *track;
	size_t events, room;
	struct flow_event *event;
};

#endif
