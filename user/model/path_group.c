// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/budget.h"
#include "model/distribution.h"
#include "model/path_parts.h"

/* ---- values ---------------------------------------------------------------*/

int path_values_add(struct path_values *v, int64_t ns)
{
	if (v->n == v->room) {
		size_t room = v->room ? 2 * v->room : 16;
		void *more = realloc(v->ns, room * sizeof(*v->ns));

		if (!more)
			return -ENOMEM;
		v->ns = more;
		v->room = room;
	}
	v->ns[v->n++] = ns;
	return 0;
}

int path_values_report(const struct path_values *v, struct duration *out)
{
	struct page_pool *pool = page_pool_create(0);
	struct distribution *d = pool ? distribution_create(pool, 0) : NULL;
	int err = d ? 0 : -ENOMEM;

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; !err && i < v->n; i++)
		err = distribution_add(d, span_ns(v->ns[i]));
	if (!err && v->n)
		err = distribution_report(d, out);
	distribution_destroy(d);
	page_pool_destroy(pool);
	return err;
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int path_values_take(struct path_values *v, struct path_times *out, int err)
{
	if (!err)
		err = path_values_report(v, &out->rtt);
	if (err) {
		free(v->ns);
		return err;
	}
	if (v->n)
		qsort(v->ns, v->n, sizeof(*v->ns), by_value);
	out->sorted = v->ns;
	return 0;
}

/* ---- nodes ----------------------------------------------------------------*/

static bool is_node(const struct path_node *n, const struct path_hop *h)
{
	return n->hop == h->hop && n->known == h->known &&
	       !strcmp(n->address, h->address);
}

static struct path_node *node_of(struct path *path, const struct path_hop *h)
{
	struct path_node *n;

	for (size_t i = path->nodes; i-- && path->node[i].hop == h->hop;) {
		if (is_node(&path->node[i], h))
			return &path->node[i];
	}
	n = &path->node[path->nodes++];
	n->hop = h->hop;
	n->known = h->known;
	n->answer = h->answer;
	strcpy(n->address, h->address);
	n->ttl = (struct ttl_range){ -1, -1, -1, -1 };
	return n;
}

static void node_add(struct path_node *n, const struct path_hop *h)
{
	n->flows |= UINT64_C(1) << h->flow;
	n->probes.planned += h->probes.planned;
	n->probes.sent += h->probes.sent;
	n->probes.unsent += h->probes.unsent;
	n->probes.received += h->probes.received;
	n->probes.late += h->probes.late;
	n->probes.lost += h->probes.lost;
	n->probes.unrecorded += h->probes.unrecorded;
	n->probes.duplicate += h->probes.duplicate;
	if (h->loss.longest_run > n->loss.longest_run)
		n->loss.longest_run = h->loss.longest_run;
	path_widen(h->ttl.min, &n->ttl.min, &n->ttl.max);
	path_widen(h->ttl.max, &n->ttl.min, &n->ttl.max);
	path_widen(h->ttl.remote_min, &n->ttl.remote_min, &n->ttl.remote_max);
	path_widen(h->ttl.remote_max, &n->ttl.remote_min, &n->ttl.remote_max);
	if (!h->has_quote || !h->quote.labels)
		return;
	n->labels = h->quote.labels;
	memcpy(n->label, h->quote.label, sizeof(n->label));
}

/* ---- routes ---------------------------------------------------------------*/

static const struct path_hop *hop_of(const struct path *path, unsigned int flow,
				     unsigned int hop)
{
	size_t lo = 0, hi = path->hops;

	while (lo < hi) {
		size_t at = lo + (hi - lo) / 2;
		const struct path_hop *h = &path->hop[at];

		if (h->hop == hop && h->flow == flow)
			return h;
		if (h->hop < hop || (h->hop == hop && h->flow < flow))
			lo = at + 1;
		else
			hi = at;
	}
	return NULL;
}

/* A hidden hop may be any. */
static bool is_same_route(const struct path *path, unsigned int a,
			  unsigned int b)
{
	for (unsigned int h = 1; h <= path->max_hop; h++) {
		const struct path_hop *x = hop_of(path, a, h);
		const struct path_hop *y = hop_of(path, b, h);

		if (x && y && x->known && y->known &&
		    strcmp(x->address, y->address))
			return false;
	}
	return true;
}

static void number_routes(struct path *path)
{
	path->routes = 0;
	for (unsigned int f = 0; f < path->flows; f++) {
		unsigned int like = 0;

		while (like < f && !is_same_route(path, f, like))
			like++;
		path->flow[f].route =
			like < f ? path->flow[like].route : path->routes++;
	}
}

int path_group(struct path *path)
{
	path->node = calloc(path->hops ? path->hops : 1, sizeof(*path->node));
	if (!path->node)
		return -ENOMEM;
	for (size_t i = 0; i < path->hops; i++)
		node_add(node_of(path, &path->hop[i]), &path->hop[i]);
	number_routes(path);
	return 0;
}

/* ---- the whole ------------------------------------------------------------*/

int path_each_times(struct path *path,
		    int (*each)(void *data, struct path_times *times),
		    void *data)
{
	int err = 0;

	for (size_t i = 0; !err && i < path->hops; i++)
		err = each(data, &path->hop[i].times);
	for (size_t i = 0; !err && i < path->nodes; i++)
		err = each(data, &path->node[i].times);
	for (unsigned int f = 0; !err && f < path->flows; f++)
		err = each(data, &path->flow[f].times);
	return err;
}

static int release(void *data, struct path_times *times)
{
	(void)data;
	free(times->sorted);
	times->sorted = NULL;
	budget_release(&times->rtt.at_p50);
	budget_release(&times->rtt.at_p99);
	return 0;
}

void path_release(struct path *path)
{
	path_each_times(path, release, NULL);
	budget_clear(&path->base);
	free(path->hop);
	free(path->node);
	path->hop = NULL;
	path->node = NULL;
	path->hops = path->nodes = 0;
}
