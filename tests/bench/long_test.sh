#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# The long bench's own arithmetic, on data whose answers are known.

exec python3 -B "$(dirname "$0")/long_test.py"
