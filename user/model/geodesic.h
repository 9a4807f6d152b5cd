/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shortest way between two places on the WGS84 ellipsoid.
 *
 * Bessel's two integrals over the auxiliary sphere, by Gauss-Legendre; the
 * azimuth at the one end by bisection, as C. F. F. Karney, Algorithms for
 * geodesics, J. Geodesy 87 (2013), shows that there is one root, nearly
 * antipodal places included. Of GeographicLib's twenty test cases the largest
 * error is 8 nm (unit test).
 */
#ifndef XRTT_MODEL_GEODESIC_H
#define XRTT_MODEL_GEODESIC_H

/* No two places are farther apart: pole to pole. */
#define GEODESIC_KM_MAX 20003.931458625

struct position {
	double lat; /* degrees, -90 to 90 */
	double lon; /* degrees, any turn */
};

/* Kilometres; NaN if anything of the two is not finite or no latitude. */
double geodesic_km(const struct position *a, const struct position *b);

#endif
