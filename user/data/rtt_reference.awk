# SPDX-License-Identifier: GPL-2.0-only
# Rows of struct reference (model/reference.h).
function ms(text)
{
	return text == "" ? "NAN" : text
}

NR > 1 {
	printf "{ \"%s\", \"%s\", %s, { %s, %s, %s, %s } },\n",
		$1, $2, $3, ms($4), ms($5), ms($6), ms($7)
}
