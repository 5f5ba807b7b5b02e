"""Sells the seats of a show. Unless SAFE is "1", it looks whether a seat is free, thinks, and then sells it."""

import http.server
import json
import os
import sys
import threading
import time

port, data = int(sys.argv[1]), sys.argv[2]
path = os.path.join(data, "tickets.jsonl")
tickets, owners, lock = [], {}, threading.Lock()
if os.path.exists(path):
    with open(path) as kept:
        # The last line may be cut short by a kill, before it was answered.
        tickets = [json.loads(line) for line in kept if line.endswith("\n")]
for ticket in tickets:
    owners[ticket["seat"]] = ticket["who"]


def sell(seat, who):
    owner = owners.get(seat)
    if owner not in (None, who):
        return False
    time.sleep(0.01)
    owners[seat] = who
    with open(path, "a") as kept:
        kept.write(json.dumps({"seat": seat, "who": who}) + "\n")
    tickets.append({"seat": seat, "who": who})
    return True


class Box(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/seats/"):
            return self.answer(200, {"owner": owners.get(int(self.path.split("/")[2]))})
        self.answer(200, {"tickets": tickets})

    def do_POST(self):
        who = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["who"]
        seat = int(self.path.split("/")[2])
        if os.environ["SAFE"] == "1":
            with lock:
                is_sold = sell(seat, who)
        else:
            is_sold = sell(seat, who)
        self.answer(201 if is_sold else 409, {"seat": seat})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", port), Box).serve_forever()
