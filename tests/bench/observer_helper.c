// SPDX-License-Identifier: GPL-2.0-only
#include "observer_helper.h"

#include <bpf/libbpf.h>
#include <errno.h>

#include "host/clock.h"

/* How long it sleeps before it looks whether it is to end. */
#define PATIENCE_MS 10

static bool needs_helper(const struct variant *v)
{
	return v->wakes_ring || v->wakes_socket;
}

static int ignore_alarm(void *ctx, void *data, size_t size)
{
	(void)ctx;
	(void)data;
	(void)size;
	return 0;
}

static void *sleep_on_ring(void *data)
{
	struct lane *lane = data;

	while (!lane->helper_ends)
		ring_buffer__poll(lane->alarms, PATIENCE_MS);
	return NULL;
}

/* As many a pinger is built: one thread sends, another one waits. */
static void *sleep_on_socket(void *data)
{
	struct lane *lane = data;
	uint8_t octets[PACKET_MAX];
	struct packet_answer a;
	mono_t now;
	int len;

	while (!lane->helper_ends) {
		len = channel_receive(&lane->channel, octets, sizeof(octets));
		now = mono_now();
		if (len >= 0 && packet_read(&lane->packet, octets, len, &a))
			lane->read_at[a.seq & lane->window.mask] = now;
	}
	return NULL;
}

/* What it sleeps on, and how it comes to look up. */
static int make_bed(struct lane *lane)
{
	const struct timeval patience = { .tv_usec = 1000 * PATIENCE_MS };

	if (lane->variant->wakes_socket)
		return setsockopt(lane->channel.fd, SOL_SOCKET, SO_RCVTIMEO,
				  &patience, sizeof(patience))
			       ? -errno
			       : 0;
	lane->alarms = ring_buffer__new(
		bpf_map__fd(lane->place->rig->baseline->maps.alarms),
		ignore_alarm, NULL, NULL);
	return lane->alarms ? 0 : -errno;
}

int helper_start(struct lane *lane)
{
	const cpu_set_t *cpus = &lane->place->helper_cpus;
	pthread_attr_t attributes;
	int err;

	if (!needs_helper(lane->variant))
		return 0;
	lane->helper_ends = false;
	err = make_bed(lane);
	if (err)
		return err;
	err = pthread_attr_init(&attributes);
	if (err)
		return -err;
	err = pthread_attr_setaffinity_np(&attributes, sizeof(*cpus), cpus);
	if (!err)
		err = pthread_create(&lane->helper, &attributes,
				     lane->variant->wakes_ring
					     ? sleep_on_ring
					     : sleep_on_socket,
				     lane);
	pthread_attr_destroy(&attributes);
	return -err;
}

void helper_stop(struct lane *lane)
{
	if (!needs_helper(lane->variant))
		return;
	lane->helper_ends = true;
	pthread_join(lane->helper, NULL);
	ring_buffer__free(lane->alarms);
	lane->alarms = NULL;
}
