#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""A TCP service that says nothing and remembers how its clients left.

  tcp_listener.py PORT [PORT ...]

Prints "ready" once it listens; ends at SIGTERM with one line of JSON: accepted,
reset, closed, open.
"""

import json
import selectors
import signal
import socket
import sys


def listen(port):
    s = socket.create_server(("::", port), family=socket.AF_INET6,
                             backlog=4096, dualstack_ipv6=True)
    s.setblocking(False)
    return s


def main(ports):
    count = {"accepted": 0, "reset": 0, "closed": 0}
    selector = selectors.DefaultSelector()
    clients = set()

    def leave(client, how):
        count[how] += 1
        selector.unregister(client)
        clients.discard(client)
        client.close()

    def accept(server):
        try:
            client, _ = server.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        count["accepted"] += 1
        client.setblocking(False)
        clients.add(client)
        selector.register(client, selectors.EVENT_READ)

    def read(client):
        try:
            if not client.recv(1):
                leave(client, "closed")
        except ConnectionResetError:
            leave(client, "reset")
        except BlockingIOError:
            pass

    def end(*_):
        print(json.dumps({**count, "open": len(clients)}), flush=True)
        sys.exit(0)

    servers = {listen(port) for port in ports}
    for server in servers:
        selector.register(server, selectors.EVENT_READ)
    signal.signal(signal.SIGTERM, end)
    print("ready", flush=True)
    while True:
        for key, _ in selector.select():
            (accept if key.fileobj in servers else read)(key.fileobj)


if __name__ == "__main__":
    main([int(port) for port in sys.argv[1:]])
