#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""An instance metadata service, version 2, that knows one thing.

  imds.py MODE LOG

MODE: good, or what is wrong: old (no tokens), refusing (403 to all), silent
(answers nothing), garbled (no HTTP), chunked, long (a zone without end), cut
(less than was announced), odd (a zone with a line end and more), local (a Local
Zone). Listens on 169.254.169.254:80, says "ready", writes a line a request to
LOG; ends at SIGTERM.
"""

import socketserver
import sys
import time

TOKEN = b"AQAEAFdlZG5lc2RheQ=="
ZONES = {"long": b"use1-az1" * 1000, "odd": b"use1-az1\r\nrm -rf",
         "local": b"use1-bos1-az1"}
CUT = 100


def answer(status, body=b"", extra=b""):
    return b"HTTP/1.1 %s\r\nContent-Type: text/plain\r\n%s" \
           b"Content-Length: %d\r\n\r\n%s" % (status, extra, len(body), body)


def respond(mode, method, path, headers):
    if mode == "refusing":
        return answer(b"403 Forbidden", b"Forbidden")
    if method == "PUT" and path == "/latest/api/token":
        if mode == "old":
            return answer(b"405 Method Not Allowed", b"use1-az1")
        if "x-aws-ec2-metadata-token-ttl-seconds" not in headers:
            return answer(b"400 Bad Request")
        return answer(b"200 OK", TOKEN)
    if headers.get("x-aws-ec2-metadata-token") != TOKEN.decode():
        return answer(b"401 Unauthorized")
    if (method, path) != (
            "GET", "/latest/meta-data/placement/availability-zone-id"):
        return answer(b"404 Not Found")
    zone = ZONES.get(mode, b"use1-az1")
    if mode == "chunked":
        return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" \
               b"8\r\nuse1-az1\r\n0\r\n\r\n"
    if mode == "cut":
        return answer(b"200 OK", zone + b" " * CUT)[:-CUT]
    return answer(b"200 OK", zone)


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        mode, log = sys.argv[1:3]
        method, path, _ = self.rfile.readline().decode().split()
        headers = {}
        for line in iter(self.rfile.readline, b"\r\n"):
            name, value = line.decode().strip().split(": ", 1)
            headers[name.lower()] = value
        with open(log, "a", encoding="ascii") as f:
            print(method, path, file=f)
        if mode == "silent":
            time.sleep(10)
        elif mode == "garbled":
            self.wfile.write(b"SSH-2.0-OpenSSH_9.2\r\n")
        else:
            self.wfile.write(respond(mode, method, path, headers))


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


def main():
    with Server(("169.254.169.254", 80), Handler) as server:
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
