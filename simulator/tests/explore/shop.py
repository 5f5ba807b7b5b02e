"""A shop that bears every fault. With DEFECT "both" it forgets its orders once one process of it has seen a request twice
and it was started again, in either order, and the start alone shakes it; with "dead" it never starts, with "slow" it
answers late, with "once" it forgets everything, in its first run only, and with "fleeting" that run is its last one too."""

import http.server
import json
import os
import sys
import time

port, data = int(sys.argv[1]), sys.argv[2]
defect = os.environ["DEFECT"]
if defect == "dead":
    sys.exit("no shop today")
path = os.path.join(data, "orders.jsonl")
orders = {}
if os.path.exists(path):
    with open(path) as kept:
        orders = {order["id"]: order for order in map(json.loads, kept)}


# A caller that repeats what was lost with a kill asks another process.
taken = set()


def mark(name):
    open(os.path.join(data, name), "w").close()


def marked(name):
    return os.path.exists(os.path.join(data, name))


mark("again" if marked("started") else "started")


def is_of_the_first_run():
    """True in the run that was the first one in this folder."""
    try:
        with open("first", "x") as first:
            first.write(data)
    except FileExistsError:
        pass
    with open("first") as first:
        return first.read() == data


if defect == "fleeting" and not is_of_the_first_run():
    sys.exit("no shop today")


def is_broken():
    if defect in ("once", "fleeting"):
        return is_of_the_first_run()
    return defect == "both" and marked("again") and marked("repeated")


class Shop(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        shaken = defect == "both" and marked("again")
        self.answer(200, {"orders": [] if is_broken() else list(orders.values()), "shaken": shaken})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers["Idempotency-Key"]
        if key in taken:
            mark("repeated")
        taken.add(key)
        if defect == "slow":
            time.sleep(2)
        if key not in orders:
            orders[key] = {"id": key, "amount": body["amount"]}
            with open(path, "a") as kept:
                kept.write(json.dumps(orders[key]) + "\n")
        self.answer(201, orders[key])

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", port), Shop).serve_forever()
