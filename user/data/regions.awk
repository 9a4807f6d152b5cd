# SPDX-License-Identifier: GPL-2.0-only
# Rows of struct region (model/region.h).
NR > 1 {
	printf "{ \"%s\", \"%s\", { %s, %s }, %s, \"%s\" },\n",
		$1, $2, $3, $4, $5, $6
}
