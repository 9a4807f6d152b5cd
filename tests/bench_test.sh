#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The arithmetic of `make bench`. TAP.

exec python3 "$(dirname "$0")/bench/precision_test.py"
