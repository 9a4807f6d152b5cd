// SPDX-License-Identifier: GPL-2.0-only
#include "model/geodesic.h"

#include <math.h>

#define WGS84_A_KM 6378.137
#define WGS84_F (1 / 298.257223563)

/* Beyond the last denormal double no half is left to take. */
#define HALVINGS_MAX 1100

/* Both ends reduced to the auxiliary sphere: the first is the farther from the
 * equator and south of it. `lon` is what lies between, 0 to pi. */
struct ends {
	double sin1, cos1;
	double sin2, cos2;
	double lon;
};

/* A geodesic from the first end at some azimuth, to the second's latitude. */
struct arc {
	double sin0; /* of its azimuth at the equator */
	double k2;   /* second eccentricity squared by cos0 squared */
	double from; /* along the sphere from the equator */
	double to;
	double lon;
};

/* The positive half of the 16-point rule on [-1, 1]. */
static const struct {
	double x, weight;
} gauss[] = {
	{ 0.0950125098376374402, 0.1894506104550684963 },
	{ 0.2816035507792589132, 0.1826034150449235888 },
	{ 0.4580167776572273863, 0.1691565193950025382 },
	{ 0.6178762444026437484, 0.1495959888165767321 },
	{ 0.7554044083550030339, 0.1246289712555338720 },
	{ 0.8656312023878317438, 0.0951585116824927848 },
	{ 0.9445750230732325761, 0.0622535239386478929 },
	{ 0.9894009349916499326, 0.0271524594117540949 },
};

static double length_slope(double root)
{
	return root;
}

static double lon_slope(double root)
{
	return (2 - WGS84_F) / (1 + (1 - WGS84_F) * root);
}

static double integrate(const struct arc *arc, double (*slope)(double root))
{
	double half = (arc->to - arc->from) / 2;
	double mid = (arc->to + arc->from) / 2;
	double sum = 0;

	for (unsigned int i = 0; i < sizeof(gauss) / sizeof(*gauss); i++) {
		double lo = sin(mid - half * gauss[i].x);
		double hi = sin(mid + half * gauss[i].x);

		sum += gauss[i].weight * (slope(sqrt(1 + arc->k2 * lo * lo)) +
					  slope(sqrt(1 + arc->k2 * hi * hi)));
	}
	return sum * half;
}

/* `tilt` is the azimuth less a right angle: what matters near the equator is a
 * small difference from that. */
static struct arc arc_at(const struct ends *e, double tilt)
{
	double second = WGS84_F * (2 - WGS84_F) / (1 - WGS84_F) / (1 - WGS84_F);
	double sin1 = cos(tilt);
	double cos1 = -sin(tilt) * e->cos1;
	struct arc arc = { .sin0 = sin1 * e->cos1 };
	double cos0 = hypot(sin(tilt), sin1 * e->sin1);
	/* Of the squares' difference the form that keeps its digits. */
	double more = e->cos1 < -e->sin1
			      ? (e->cos2 - e->cos1) * (e->cos1 + e->cos2)
			      : (e->sin1 - e->sin2) * (e->sin1 + e->sin2);
	double cos2 = sqrt(fmax(cos1 * cos1 + more, 0));

	arc.k2 = second * cos0 * cos0;
	arc.from = atan2(e->sin1, cos1);
	arc.to = atan2(e->sin2, cos2);
	arc.lon = atan2(arc.sin0 * sin(arc.to), cos(arc.to)) -
		  atan2(arc.sin0 * sin(arc.from), cos(arc.from)) -
		  WGS84_F * arc.sin0 * integrate(&arc, lon_slope);
	return arc;
}

/* The farther its azimuth is from north, the more longitude it covers. */
static double solve_km(const struct ends *e)
{
	double north = -M_PI_2, south = M_PI_2;
	struct arc arc;

	for (int i = 0; i < HALVINGS_MAX; i++) {
		double tilt = (north + south) / 2;

		if (tilt == north || tilt == south)
			break;
		if (arc_at(e, tilt).lon < e->lon)
			north = tilt;
		else
			south = tilt;
	}
	arc = arc_at(e, south);
	return WGS84_A_KM * (1 - WGS84_F) * integrate(&arc, length_slope);
}

static void reduce(double lat, double *sine, double *cosine)
{
	double tangent = (1 - WGS84_F) * tan(lat * M_PI / 180);

	*cosine = fabs(lat) == 90 ? 0 : 1 / hypot(1, tangent);
	*sine = fabs(lat) == 90 ? copysign(1, lat) : tangent * *cosine;
}

static double lon_between(double a, double b)
{
	return fabs(remainder(b - a, 360)) * M_PI / 180;
}

double geodesic_km(const struct position *a, const struct position *b)
{
	double far = a->lat, near = b->lat;
	struct ends e;

	if (!isfinite(a->lon) || !isfinite(b->lon) || !(fabs(far) <= 90) ||
	    !(fabs(near) <= 90))
		return NAN;
	if (fabs(far) < fabs(near)) {
		far = b->lat;
		near = a->lat;
	}
	if (far > 0) {
		far = -far;
		near = -near;
	}
	e.lon = lon_between(a->lon, b->lon);
	if (far == 0 && e.lon <= M_PI * (1 - WGS84_F))
		return WGS84_A_KM * e.lon;
	reduce(far, &e.sin1, &e.cos1);
	e.sin1 = -fabs(e.sin1); /* on the equator too: atan2() minds */
	reduce(near, &e.sin2, &e.cos2);
	return solve_km(&e);
}
