// SPDX-License-Identifier: GPL-2.0-only
#include "out/flows_parts.h"

#include "model/paths.h"
#include "model/watch.h"
#include "out/format.h"

#define EVENTS_SHOWN 10

static struct shown seconds(int64_t ns)
{
	return format_number((double)ns / 1e9, 3);
}

/* "+2 591.08": which way it went is what matters. */
static struct shown change(const struct watch_event *e)
{
	struct shown shown;

	snprintf(shown.s, sizeof(shown.s), "%s%.40s",
		 e->to_ns > e->from_ns ? "+" : "",
		 format_us((double)(e->to_ns - e->from_ns), 2).s);
	return shown;
}

static void show_event(struct page *page, const struct flows *f,
		       const struct flow_event *event)
{
	static const char *const way[] = {
		[WATCH_WAY_UNKNOWN] = "–",
		[WATCH_WAY_FORWARD] = "there",
		[WATCH_WAY_RETURN] = "back",
		[WATCH_WAY_BOTH] = "both",
	};
	const struct watch_event *e = &event->event;
	struct shown within;

	snprintf(within.s, sizeof(within.s), "%.40s to %.40s",
		 seconds(e->time_lo_ns).s, seconds(e->time_hi_ns).s);
	cell_put(page, seconds(e->time_ns).s, 12);
	fprintf(page->to, "%6u%7d", event->flow,
		f->flow[event->flow].source_port);
	cell_put(page, way[e->way], 7);
	cell_put(page, change(e).s, 12);
	cell_put(page, format_us((double)e->to_ns, 2).s, 12);
	cell_put(page, within.s, 24);
	fputc('\n', page->to);
}

void events_show(struct page *page, const struct flows *f)
{
	size_t first = f->events > EVENTS_SHOWN ? f->events - EVENTS_SHOWN : 0;

	if (!f->events)
		return;
	heading_put(page, "  moved, s  flow   port    way      by, µs      to, "
			  "µs               within, s");
	for (size_t i = first; i < f->events; i++)
		show_event(page, f, &f->event[i]);
	if (first)
		page_note(page, "", "and %s before them: see --json",
			  format_count(first).s);
}

void false_events_show(struct page *page, const struct flows *f)
{
	struct shown count = format_count(f->events);

	if (!f->events) {
		page_note(page, "shifts", "no flow moved");
		return;
	}
	page_note(page, "shifts",
		  "%s in all; false ones: at most %.2g a flow-hour, %.2g here "
		  "(95 %%: %s found in %s flow-hours of recorded noise)",
		  count.s,
		  paths_false_events(WATCH_FALSE_EVENTS, WATCH_FALSE_HOURS, 1),
		  paths_false_events(WATCH_FALSE_EVENTS, WATCH_FALSE_HOURS,
				     f->hours),
		  WATCH_FALSE_EVENTS ? format_count(WATCH_FALSE_EVENTS).s
				     : "none",
		  format_number(WATCH_FALSE_HOURS, 0).s);
}
