/* SPDX-License-Identifier: GPL-2.0-only */
#include "model/sample.h"

static const char *const stamp_names[STAMPS] = {
	[STAMP_APP_TX] = "app_tx",	 [STAMP_TC_TX] = "tc_tx",
	[STAMP_DRV_TX] = "drv_tx",	 [STAMP_REMOTE_RX] = "remote_rx",
	[STAMP_REMOTE_TX] = "remote_tx", [STAMP_HW_RX] = "hw_rx",
	[STAMP_XDP_RX] = "xdp_rx",	 [STAMP_TC_RX] = "tc_rx",
	[STAMP_SOCK_RX] = "sock_rx",	 [STAMP_APP_RX] = "app_rx",
};

static const char *const stage_names[STAGES] = {
	[STAGE_APP_TO_TC] = "app_to_tc",
	[STAGE_TC_TO_DRIVER] = "tc_to_driver",
	[STAGE_NETWORK] = "network",
	[STAGE_REMOTE] = "remote",
	[STAGE_NIC_TO_XDP] = "nic_to_xdp",
	[STAGE_XDP_TO_TC] = "xdp_to_tc",
	[STAGE_TC_TO_SOCKET] = "tc_to_socket",
	[STAGE_SOCKET_TO_APP] = "socket_to_app",
};

static const char *const status_names[PROBE_STATUSES] = {
	[PROBE_OK] = "ok",	   [PROBE_LATE] = "late",
	[PROBE_LOST] = "lost",	   [PROBE_LOST_IN_HOST] = "lost_in_host",
	[PROBE_UNSENT] = "unsent", [PROBE_UNRECORDED] = "unrecorded",
};

const char *stamp_name(enum stamp which)
{
	return stamp_names[which];
}

const char *stage_name(enum stage which)
{
	return stage_names[which];
}

const char *status_name(enum probe_status status)
{
	return status_names[status];
}

const char *engine_name(enum engine engine)
{
	return engine == ENGINE_BYPASS ? "bypass" : "socket";
}

static bool is_remote(enum stamp which)
{
	return which == STAMP_REMOTE_RX || which == STAMP_REMOTE_TX;
}

static bool between(const struct sample *s, enum stamp from, enum stamp to,
		    span_t *out)
{
	if (!sample_has(s, from) || !sample_has(s, to))
		return false;
	*out = mono_sub(s->at[to], s->at[from]);
	return true;
}

static bool remote_span(const struct sample *s, span_t *out)
{
	if (!sample_has(s, STAMP_REMOTE_RX) || !sample_has(s, STAMP_REMOTE_TX))
		return false;
	*out = remote_sub(s->remote_tx, s->remote_rx);
	return true;
}

static bool network_span(const struct sample *s, const struct wire_ends *ends,
			 span_t *out)
{
	span_t remote = span_ns(0), wire;

	if (!between(s, ends->tx, ends->rx, &wire))
		return false;
	if (!ends->remote_inside && !remote_span(s, &remote))
		return false;
	*out = span_sub(wire, remote);
	return true;
}

static bool stage_span(const struct sample *s, const struct wire_ends *ends,
		       enum stage which, span_t *out)
{
	switch (which) {
	case STAGE_APP_TO_TC:
		return between(s, STAMP_APP_TX, STAMP_TC_TX, out);
	case STAGE_TC_TO_DRIVER:
		return ends->tx == STAMP_DRV_TX &&
		       between(s, STAMP_TC_TX, STAMP_DRV_TX, out);
	case STAGE_NETWORK:
		return network_span(s, ends, out);
	case STAGE_REMOTE:
		return !ends->remote_inside && remote_span(s, out);
	case STAGE_NIC_TO_XDP:
		return ends->rx == STAMP_HW_RX &&
		       between(s, STAMP_HW_RX, STAMP_XDP_RX, out);
	case STAGE_XDP_TO_TC:
		return ends->rx != STAMP_TC_RX &&
		       between(s, STAMP_XDP_RX, STAMP_TC_RX, out);
	case STAGE_TC_TO_SOCKET:
		return between(s, STAMP_TC_RX, STAMP_SOCK_RX, out);
	case STAGE_SOCKET_TO_APP:
		return between(s, STAMP_SOCK_RX, STAMP_APP_RX, out);
	default:
		return false;
	}
}

bool sample_stage(const struct sample *s, const struct wire_ends *ends,
		  enum stage which, span_t *out)
{
	return !(s->flags & SAMPLE_DISORDER) && stage_span(s, ends, which, out);
}

bool sample_rtt(const struct sample *s, span_t *out)
{
	return between(s, STAMP_APP_TX, STAMP_APP_RX, out);
}

bool sample_network(const struct sample *s, const struct wire_ends *ends,
		    span_t *out)
{
	return sample_stage(s, ends, STAGE_NETWORK, out);
}

bool sample_first_remote(const struct sample *s, remote_t *out)
{
	if (sample_has(s, STAMP_REMOTE_RX))
		*out = s->remote_rx;
	else if (sample_has(s, STAMP_REMOTE_TX))
		*out = s->remote_tx;
	else
		return false;
	return true;
}

bool sample_host_out(const struct sample *s, const struct wire_ends *ends,
		     span_t *out)
{
	return !(s->flags & SAMPLE_DISORDER) &&
	       between(s, STAMP_APP_TX, ends->tx, out);
}

bool sample_host_in(const struct sample *s, const struct wire_ends *ends,
		    span_t *out)
{
	return !(s->flags & SAMPLE_DISORDER) &&
	       between(s, ends->rx, STAMP_APP_RX, out);
}

bool sample_lateness(const struct sample *s, span_t *out)
{
	if (!s->due.ns)
		return false;
	for (enum stamp i = STAMP_APP_TX; i <= STAMP_DRV_TX; i++) {
		if (sample_has(s, i)) {
			*out = mono_sub(s->at[i], s->due);
			return true;
		}
	}
	return false;
}

/* What two stamps in order may seem to be out of it by. */
static int64_t slack(const struct sample *s, enum stamp from, enum stamp to)
{
	return from == STAMP_HW_RX || to == STAMP_HW_RX ? s->hw_bar.ns : 0;
}

static int64_t stage_slack(const struct sample *s, const struct wire_ends *ends,
			   enum stage which)
{
	if (which == STAGE_NETWORK)
		return slack(s, ends->tx, ends->rx);
	return which == STAGE_NIC_TO_XDP ? s->hw_bar.ns : 0;
}

bool sample_in_order(const struct sample *s, const struct wire_ends *ends)
{
	enum stamp last = STAMPS;
	span_t span;

	for (enum stamp i = 0; i < STAMPS; i++) {
		if (is_remote(i) || !sample_has(s, i))
			continue;
		if (last != STAMPS &&
		    mono_sub(s->at[i], s->at[last]).ns < -slack(s, last, i))
			return false;
		last = i;
	}
	if (remote_span(s, &span) && span.ns < 0)
		return false;
	for (enum stage i = 0; i < STAGES; i++) {
		if (stage_span(s, ends, i, &span) &&
		    span.ns < -stage_slack(s, ends, i))
			return false;
	}
	return true;
}
