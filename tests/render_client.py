"""Hands its arguments to the command line that a test serves in its own process, and prints what comes back.

usage: python -S tests/render_client.py SOCKET ARGUMENT …

Starting the whole program for each of two hundred cases costs more than all of them together.
"""

import json
import socket
import sys

with socket.socket(socket.AF_UNIX) as connection:
    connection.connect(sys.argv[1])
    connection.sendall(json.dumps(sys.argv[2:]).encode() + b"\n")
    answer = json.loads(b"".join(iter(lambda: connection.recv(65536), b"")))
sys.stdout.write(answer["out"])
sys.stderr.write(answer["err"])
sys.exit(answer["code"])
