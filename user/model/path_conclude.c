// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "model/path.h"

/* What there is of everything that the sentences are about. */
struct overview {
	unsigned int routers_min, routers_max; /* if has_routers */
	bool has_routers;
	unsigned int known;  /* nodes that answered, the target aside */
	unsigned int hidden; /* hops where no flow had an answer */
	unsigned int partly; /* hops where some flows had none */
	unsigned int first_apart, last_apart; /* hops; 0: nowhere */
	unsigned int barred;		      /* hop, or 0 */
	bool rewritten;
	unsigned int rewritten_from; /* hop */
	bool lossy; /* a router answered less often than the target */
	bool answered;
};

__attribute__((format(printf, 3, 4))) static void
say(struct path *path, const char *code, const char *format, ...)
{
	struct path_finding *f = &path->finding[path->findings];
	va_list args;

	if (path->findings == PATH_FINDINGS)
		return;
	path->findings++;
	f->code = code;
	va_start(args, format);
	vsnprintf(f->text, sizeof(f->text), format, args);
	va_end(args);
}

static const char *plural(unsigned int n)
{
	return n == 1 ? "" : "s";
}

/* ---- looking --------------------------------------------------------------*/

static void look_at_flows(const struct path *path, struct overview *o)
{
	for (unsigned int f = 0; f < path->flows; f++) {
		const struct path_flow *flow = &path->flow[f];

		o->answered = o->answered || flow->times.rtt.n;
		if (flow->routers < 0)
			continue;
		if (!o->has_routers ||
		    (unsigned int)flow->routers < o->routers_min)
			o->routers_min = flow->routers;
		if ((unsigned int)flow->routers > o->routers_max)
			o->routers_max = flow->routers;
		o->has_routers = true;
	}
}

static bool is_target(enum path_answer answer)
{
	return answer == PATH_TARGET || answer == PATH_CLOSED;
}

static void look_at_node(const struct path *path, const struct path_node *n,
			 struct overview *o)
{
	double whole = path->base.loss.ratio;

	if (!n->known)
		return;
	if (is_target(n->answer)) {
		o->answered = true;
		return;
	}
	o->known++;
	if (n->answer == PATH_BARRED)
		o->barred = n->hop;
	if (n->answer == PATH_ROUTER && n->loss.ci95.lo.finite &&
	    n->loss.ci95.lo.value > whole && path->base.loss.ci95.hi.finite)
		o->lossy = true;
}

/* One hop: the nodes there. */
static void look_at_hop(const struct path *path, size_t first, size_t n,
			struct overview *o)
{
	unsigned int known = 0, hidden = 0;

	for (size_t i = first; i < first + n; i++) {
		known += path->node[i].known;
		hidden += !path->node[i].known;
	}
	o->hidden += hidden && !known;
	o->partly += hidden && known;
	if (known < 2)
		return;
	if (!o->first_apart)
		o->first_apart = path->node[first].hop;
	o->last_apart = path->node[first].hop;
}

static void look(const struct path *path, struct overview *o)
{
	memset(o, 0, sizeof(*o));
	look_at_flows(path, o);
	for (size_t i = 0, n; i < path->nodes; i += n) {
		n = 1;
		while (i + n < path->nodes &&
		       path->node[i + n].hop == path->node[i].hop)
			n++;
		look_at_hop(path, i, n, o);
		for (size_t j = i; j < i + n; j++)
			look_at_node(path, &path->node[j], o);
	}
	for (size_t i = 0; i < path->hops && !o->rewritten; i++) {
		o->rewritten = path->hop[i].rewritten;
		o->rewritten_from = path->hop[i].hop;
	}
}

/* ---- telling --------------------------------------------------------------*/

static void say_untouched(struct path *path)
{
	say(path, "ttl_untouched",
	    "the probes reached the reflector with the TTL of 255 that they "
	    "left with: nobody on the way took one off. Either it is on this "
	    "link, or what carries the packets (a cloud's network, a tunnel) "
	    "does not route them as IP where it could be seen: no probe can "
	    "be made to end on the way, and no traceroute will show a hop. "
	    "That says nothing of how far it is or of how many devices there "
	    "are; latency classes over many flows (xrtt flows) are then the "
	    "only sign of different paths");
}

static void say_count(struct path *path, const struct overview *o)
{
	const struct ttl_range *ttl = &path->base.ttl;
	char back[80] = "";

	if (!o->has_routers)
		return;
	if (!o->routers_max) {
		say_untouched(path);
		return;
	}
	/* RFC 8762 section 4.3 has the reflector send with 255. */
	if (ttl->min >= 0 && ttl->min == ttl->max && ttl->max > 128)
		snprintf(
			back, sizeof(back),
			"; %d on the way back, if the reflector began with 255",
			255 - ttl->max);
	if (o->routers_min == o->routers_max)
		say(path, "hop_count",
		    "%u router%s on the way there took one off the TTL, by the "
		    "TTL that arrived at the reflector (%u of 255)%s",
		    o->routers_max, plural(o->routers_max),
		    255 - o->routers_max, back);
	else
		say(path, "hop_count",
		    "%u to %u routers on the way there, depending on the flow, "
		    "took one off the TTL, by the TTL that arrived at the "
		    "reflector%s",
		    o->routers_min, o->routers_max, back);
}

#define HIDDEN_MEANS \
	"they forward packets, but say nothing when a TTL ends there: ICMP " \
	"is off, filtered, or limited in rate. That is no loss"

static void say_hidden(struct path *path, const struct overview *o)
{
	if (!o->hidden)
		return;
	if (!o->answered && !o->known) {
		say(path, "no_answer",
		    "nobody answered, neither the target nor anybody on the "
		    "way: is it up, does something answer there (xrtt reflect; "
		    "--protocol icmp asks any host), and does ICMP reach this "
		    "host at all?");
		return;
	}
	if (!o->answered) {
		say(path, "no_target",
		    "the target did not answer, so nobody can tell hops that "
		    "are hidden from hops that are not there: does something "
		    "answer (xrtt reflect; --protocol icmp asks any host)?");
		return;
	}
	if (!o->has_routers) {
		say(path, "hidden_uncounted",
		    "%u hop%s hidden: " HIDDEN_MEANS
		    ". How many routers there are is known only as far as "
		    "TTLs were tried: an answer of ICMP does not tell with "
		    "which TTL it was reached; STAMP's does",
		    o->hidden, o->hidden == 1 ? " is" : "s are");
		return;
	}
	if (!o->known)
		say(path, "all_hidden",
		    "all %u router%s hidden: " HIDDEN_MEANS
		    ". That they are there, and how many, shows in the TTL "
		    "that arrived; who they are and how long it takes to each "
		    "does not. Latency classes over many flows (xrtt flows) "
		    "are the only sign of different paths that is left",
		    o->hidden, o->hidden == 1 ? " is" : "s are");
	else
		say(path, "hidden",
		    "%u of the hops %s hidden: " HIDDEN_MEANS
		    ". That they are there shows in the TTL that arrived; "
		    "paths that differ only there differ in nothing but "
		    "latency (xrtt flows)",
		    o->hidden, o->hidden == 1 ? "is" : "are");
}

static void say_routes(struct path *path, const struct overview *o)
{
	char to[24] = "";

	if (o->last_apart > o->first_apart)
		snprintf(to, sizeof(to), " to %u", o->last_apart);
	if (path->routes > 1)
		say(path, "routes",
		    "the %u flows took %u different routes by the addresses "
		    "that answered, apart at hop %u%s (of which one router "
		    "may have several): what is between hosts is not one path, "
		    "and another connection may have any of them",
		    path->flows, path->routes, o->first_apart, to);
	else if (path->flows > 1 && o->known)
		say(path, "one_route",
		    "all %u flows met the same routers, as far as these "
		    "answered; with so few flows there may be more",
		    path->flows);
}

static void say_routers(struct path *path, const struct overview *o)
{
	if (!o->known)
		return;
	say(path, "slow_path",
	    "a router makes an ICMP answer by the way, with its CPU: its least "
	    "time is the most that the way to it and back takes, and how much "
	    "less it is nobody knows; its median and its spread are mostly its "
	    "own. A later hop may well be faster than an earlier one");
	if (o->lossy)
		say(path, "icmp_limited",
		    "a router that leaves probes unanswered which others pass "
		    "through limits its ICMP: only what is lost all the way is "
		    "lost to the network");
}

static void say_barred(struct path *path, const struct overview *o)
{
	for (size_t i = 0; o->barred && i < path->hops; i++) {
		const struct path_hop *h = &path->hop[i];

		if (!h->known || h->answer != PATH_BARRED || !h->has_quote)
			continue;
		say(path, "barred", "%s at hop %u turned probes away: %s",
		    h->address, h->hop,
		    quote_reason(strchr(h->address, ':') ? 6 : 4,
				 h->quote.code));
		return;
	}
}

static void say_mtu(struct path *path)
{
	const struct path_mtu *m = &path->mtu;

	if (!m->lost || !m->answers || *m->address ||
	    m->source != PATH_MTU_PROBED)
		return;
	say(path, "mtu_black_hole",
	    "packets of %u octets and more with DF vanish on the way, and "
	    "nobody says that they are too big: a connection that takes %u for "
	    "the MTU hangs as soon as it has much to send",
	    m->lost, m->interface);
}

void path_conclude(struct path *path)
{
	struct overview o;

	look(path, &o);
	path->findings = 0;
	say_count(path, &o);
	say_hidden(path, &o);
	say_routes(path, &o);
	say_barred(path, &o);
	if (o.rewritten)
		say(path, "rewritten",
		    "from hop %u on probes are quoted with another UDP "
		    "checksum than they left with: somebody before that "
		    "translates addresses or ports (NAT)",
		    o.rewritten_from);
	say_mtu(path);
	say_routers(path, &o);
}
