# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# The near guest: every topic one after the other, each between a `## topic`
# and an `## end` with its exit status and how long it took.

TOPIC_LIMIT=600 # for a hang, on however busy a host
export VM_GUEST=yes

exec 9<>/dev/ttyS1
echo "## kernel $(uname -r)"
for topic in ${VM_TOPICS//,/ }; do
	echo "## topic $topic"
	began=$SECONDS
	timeout -k 5 "$TOPIC_LIMIT" bash "/vm/guest/$topic.sh" </dev/null
	echo "## end $? $((SECONDS - began))"
done
echo '## done'
