// SPDX-License-Identifier: GPL-2.0-only
#include "host/discipline.h"

#include <ctype.h>
#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "host/clock.h"

/* A bound on the rate: the error is at most |centre| + beyond. */
struct rate_bound {
	double centre;
	double beyond;
	const char *how;
};

static bool comm_read(const char *pid, char *out, int size)
{
	char path[300];
	FILE *f;
	bool ok;

	snprintf(path, sizeof(path), "/proc/%s/comm", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	ok = fgets(out, size, f);
	fclose(f);
	if (ok)
		out[strcspn(out, "\n")] = '\0';
	return ok;
}

/* The first in the table that runs; a process's name has 15 characters. */
static const char *daemon_find(void)
{
	static const struct {
		const char *comm;
		const char *name;
	} known[] = {
		{ "chronyd", "chrony" },
		{ "ntpd", "ntpd" },
		{ "phc2sys", "phc2sys" },
		{ "systemd-timesyn", "systemd-timesyncd" },
	};
	size_t best = sizeof(known) / sizeof(*known);
	struct dirent *entry;
	DIR *dir = opendir("/proc");
	char comm[32];

	while (dir && (entry = readdir(dir))) {
		if (!isdigit(entry->d_name[0]) ||
		    !comm_read(entry->d_name, comm, sizeof(comm)))
			continue;
		for (size_t i = 0; i < best; i++) {
			if (!strcmp(comm, known[i].comm))
				best = i;
		}
	}
	if (dir)
		closedir(dir);
	return best < sizeof(known) / sizeof(*known) ? known[best].name : NULL;
}

static bool kernel_read(int *tai_offset_s)
{
	struct timex tx = {};
	int state = adjtimex(&tx);

	*tai_offset_s = state >= 0 ? tx.tai : 0;
	return state >= 0 && !(tx.status & STA_UNSYNC);
}

static bool chrony_read(const struct discipline *d, struct chrony_tracking *out)
{
	return !chrony_query(d->chronyc, out) && out->synchronised;
}

void discipline_start(struct discipline *d, const struct discipline_options *o)
{
	struct discipline_evidence *e = &d->evidence;

	memset(d, 0, sizeof(*d));
	d->chronyc = o->chronyc;
	e->clock_ppm = o->clock_ppm;
	e->kernel_synchronised = kernel_read(&e->tai_offset_s);
	e->daemon = e->kernel_synchronised ? daemon_find() : NULL;
	e->has_chrony = chrony_read(d, &e->chrony[0]);
	e->chrony[1] = e->chrony[0];
	d->phc = o->ifname ? phc_open(o->ifname) : -1;
	d->has_first = d->phc >= 0 && !phc_read(d->phc, &d->first);
}

void discipline_end(struct discipline *d)
{
	struct discipline_evidence *e = &d->evidence;
	struct phc_reading last;

	e->kernel_synchronised =
		kernel_read(&e->tai_offset_s) && e->kernel_synchronised;
	if (e->has_chrony)
		e->has_chrony = chrony_read(d, &e->chrony[1]);
	e->has_phc = d->has_first && !phc_read(d->phc, &last) &&
		     !phc_slope_between(&d->first, &last, &e->phc);
	if (d->phc >= 0)
		close(d->phc);
	d->phc = -1;
	d->has_first = false;
}

/* chronyd's frequency says how fast the clock would run if left to itself, as
 * RAW is; so the rate that is right is its negative against RAW. What the
 * clock did instead is an error, an offset being slewed away for one. */
static struct rate_bound bound_by_chrony(const struct chrony_tracking *c,
					 const struct clock_steering *s)
{
	return (struct rate_bound){
		.centre = s->median_ppm + c->frequency_ppm,
		.beyond = fmax(s->median_hi_ppm - s->median_ppm,
			       s->median_ppm - s->median_lo_ppm) +
			  fabs(c->residual_ppm) + c->skew_ppm,
		.how = "chronyc tracking: its frequency against the steering "
		       "seen, residual frequency and skew",
	};
}

static double bound_ppm(const struct rate_bound *b)
{
	return fabs(b->centre) + b->beyond;
}

static void bound_take(const struct rate_bound *b, struct clock_state *out)
{
	out->rate_ppm = bound_ppm(b);
	out->how = b->how;
	out->is_measured = true;
}

/* A bound that is wider than the one at hand tells something all the same if
 * the error it found is beyond that. */
static void bound_offer(const struct rate_bound *b, struct clock_state *out)
{
	if (bound_ppm(b) < out->rate_ppm ||
	    fabs(b->centre) - b->beyond > out->rate_ppm)
		bound_take(b, out);
}

static void name_source(const struct discipline_evidence *e,
			struct clock_state *out)
{
	out->disciplined = e->kernel_synchronised || e->has_chrony;
	out->reference[0] = '\0';
	if (!out->disciplined) {
		out->source = "none";
		return;
	}
	out->source = e->daemon ? e->daemon : "kernel";
	if (!e->has_chrony)
		return;
	memcpy(out->reference, e->chrony[1].reference, sizeof(out->reference));
	out->source = strncmp(out->reference, "PHC", 3) ? "chrony"
							: "chrony from the PHC";
}

void discipline_judge(const struct discipline_evidence *e,
		      const struct clock_steering *steering,
		      struct clock_state *out)
{
	struct rate_bound start, end, phc;

	name_source(e, out);
	out->tai_offset_s = e->tai_offset_s;
	out->steering = *steering;
	out->is_measured = false;
	out->rate_ppm = CLOCK_FREE_PPM;
	out->how = out->disciplined ? "bound for an oscillator: whoever "
				      "disciplines it tells no rate error"
				    : "bound for an oscillator that nobody "
				      "disciplines or measured";
	if (e->has_chrony && steering->known) {
		start = bound_by_chrony(&e->chrony[0], steering);
		end = bound_by_chrony(&e->chrony[1], steering);
		bound_offer(bound_ppm(&start) > bound_ppm(&end) ? &start : &end,
			    out);
	}
	if (e->has_phc) {
		phc = (struct rate_bound){
			.centre = e->phc.ppm,
			.beyond = e->phc.uncertainty_ppm,
			.how = "measured against the NIC's clock at the run's "
			       "ends",
		};
		bound_offer(&phc, out);
	}
	if (e->clock_ppm > 0) {
		out->rate_ppm = e->clock_ppm;
		out->how = "given by --clock-ppm";
		out->is_measured = false;
	}
}
