// SPDX-License-Identifier: GPL-2.0-only
#include "host/prepare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/mtu.h"
#include "host/preflight.h"
#include "host/stacked.h"
#include "host/tune.h"
#include "host/xdp_reason.h"

/* More refusals than there are settings to change, the MTU's three rungs
 * included. */
#define ATTEMPTS_MAX 8

/* The interface, a veth's other end, and what stands on either. */
#define PLACES_MAX 18

struct prepare {
	struct prepare_request request;
	struct iface iface;
	struct preflight_facts facts;
	struct preflight findings;
	struct tune *tune[PLACES_MAX]; /* in the order of the first change */
	int place[PLACES_MAX];	       /* its index */
	unsigned int places;
};

static const struct {
	enum tunable what;
	const char *text;
} settings[] = {
	[PREFLIGHT_SET_MTU] = { TUNABLE_MTU, "mtu" },
	[PREFLIGHT_SET_RX] = { TUNABLE_CHANNELS_RX, "rx channels" },
	[PREFLIGHT_SET_COMBINED] = { TUNABLE_CHANNELS_COMBINED,
				     "combined channels" },
	[PREFLIGHT_SET_LRO] = { TUNABLE_LRO, "lro" },
	[PREFLIGHT_SET_GRO_HW] = { TUNABLE_GRO_HW, "rx-gro-hw" },
};

/* What an attempt has shown is kept. */
static int look(struct prepare *p)
{
	const struct preflight_facts old = p->facts;
	int err = preflight_read(&p->iface, &p->facts);

	if (err)
		p->facts = old;
	p->facts.wanted = p->request.wanted;
	p->facts.may_prepare = p->request.may_change;
	p->facts.offer = p->request.offer;
	p->facts.refusal = old.refusal;
	p->facts.refusal_errno = old.refusal_errno;
	memcpy(p->facts.reason, old.reason, sizeof(old.reason));
	memcpy(p->facts.prepared, old.prepared, sizeof(old.prepared));
	preflight_judge(&p->facts, &p->findings);
	return err;
}

static void conclude(struct prepare *p, enum preflight_refusal refusal)
{
	p->facts.refusal = refusal;
	preflight_judge(&p->facts, &p->findings);
}

struct prepare *prepare_open(const struct prepare_request *request, int *err)
{
	struct prepare *p = calloc(1, sizeof(*p));

	if (!p) {
		*err = -ENOMEM;
		return NULL;
	}
	p->request = *request;
	p->iface = *request->iface;
	*err = look(p);
	if (!*err)
		return p;
	free(p);
	return NULL;
}

/* ---- changing ------------------------------------------------------------ */

static struct tune *tune_of(struct prepare *p, int ifindex)
{
	struct iface iface;
	struct tune *tune;
	int err;

	for (unsigned int i = 0; i < p->places; i++) {
		if (p->place[i] == ifindex)
			return p->tune[i];
	}
	if (p->places == PLACES_MAX || iface_read_index(ifindex, &iface))
		return NULL;
	tune = tune_open(&iface, p->request.sink, &err);
	if (!tune)
		return NULL;
	p->place[p->places] = ifindex;
	p->tune[p->places++] = tune;
	return tune;
}

static int set(struct prepare *p, int ifindex, enum tunable what,
	       uint32_t value)
{
	struct tune *tune = tune_of(p, ifindex);

	return tune ? tune_set(tune, what, value) : -ENODEV;
}

/* IPv6's own MTU is the interface's from then on, both ways. */
static int set_one_mtu(struct prepare *p, int ifindex, uint32_t value)
{
	struct tune *tune = tune_of(p, ifindex);
	uint64_t was;
	int err = tune ? mtu_read(ifindex, &was) : -ENODEV;

	if (!err && was != value)
		err = tune_follow(tune, TUNABLE_MTU_IP6, was);
	if (err && err != -ENOENT)
		return err;
	return tune_set(tune, TUNABLE_MTU, value);
}

/* What stands on an interface (a VLAN) follows it down but not up again, so it
 * goes first and is noted. */
static int set_mtu(struct prepare *p, int ifindex, uint32_t value)
{
	int uppers[STACKED_UPPERS];
	int count = stacked_above(ifindex, value, uppers);

	for (int i = 0; i < count; i++) {
		if (set_one_mtu(p, uppers[i], value))
			return -ECANCELED;
	}
	return count < 0 ? count : set_one_mtu(p, ifindex, value);
}

static void remember(struct prepare *p, const struct preflight_step *step,
		     const char *ifname)
{
	char *text = p->facts.prepared;
	size_t length = strlen(text);

	snprintf(text + length, sizeof(p->facts.prepared) - length,
		 "%s%s of %s %u", length ? ", " : "",
		 settings[step->setting].text, ifname, step->value);
}

/* Whether something is different now. */
static bool change(struct prepare *p)
{
	const struct preflight_peer *peer = &p->facts.peer;
	struct preflight_step step;
	int index = p->iface.index;
	int err;

	if (!p->request.may_change || !preflight_step(&p->facts, &step) ||
	    (step.on_peer && !peer->is_here))
		return false;
	if (step.on_peer)
		index = if_nametoindex(peer->name);
	if (!index)
		return false;
	if (step.setting == PREFLIGHT_SET_MTU)
		err = set_mtu(p, index, step.value);
	else
		err = set(p, index, settings[step.setting].what, step.value);
	if (err)
		return false;
	remember(p, &step, step.on_peer ? peer->name : p->iface.name);
	return true;
}

/* Below first: what stands on it cannot be larger. */
static void put_back(struct prepare *p)
{
	while (p->places)
		tune_close(p->tune[--p->places]);
	p->facts.prepared[0] = '\0';
}

/* ---- attaching ----------------------------------------------------------- */

static bool must_spare(const struct prepare *p)
{
	return p->facts.carries_ssh && !p->request.may_change &&
	       preflight_restart(&p->facts) != PREFLIGHT_STAYS_UP;
}

static void learn(struct prepare *p, int prog_fd, int err)
{
	struct preflight_facts *f = &p->facts;

	/* A program in the way that has just gone is all that there is to say,
	 * and the next one would be taken. */
	if (err == -EBUSY)
		f->reason[0] = '\0';
	else
		xdp_reason_ask(p->iface.index, prog_fd, f->reason,
			       sizeof(f->reason));
	f->refusal_errno = err;
	look(p);
	conclude(p, preflight_classify(f, err, f->reason));
}

struct hook *prepare_attach_xdp(struct prepare *p, int prog_fd, int *err)
{
	struct hook *hook = NULL;

	*err = -ECANCELED;
	if (must_spare(p)) {
		conclude(p, PREFLIGHT_SPARED);
		return NULL;
	}
	for (int i = 0; i < ATTEMPTS_MAX; i++) {
		hook = hook_attach_xdp(&p->iface, prog_fd, err);
		if (hook || *err == -EPERM || *err == -EACCES)
			break;
		learn(p, prog_fd, *err);
		if (!change(p))
			break;
		look(p);
	}
	if (hook) {
		p->facts.reason[0] = '\0';
		look(p);
		conclude(p, PREFLIGHT_ACCEPTED);
	} else if (p->places) {
		put_back(p);
		look(p);
	}
	return hook;
}

const struct preflight *prepare_findings(const struct prepare *p)
{
	return &p->findings;
}

void prepare_close(struct prepare *p)
{
	if (!p)
		return;
	put_back(p);
	free(p);
}
