"""A shop that is not written in Rust. Orders outlive it in a file, unless DEFECT is "forgetful"."""

import http.server
import json
import os
import signal
import sys
import threading

FAIL_POINTS = ["shop.order.before_effect", "shop.order.after_effect"]
if "--fail-points" in sys.argv:
    print("\n".join(FAIL_POINTS))
    sys.exit()
armed, _, nth = os.environ.get("SEAM_FAIL_POINT", "").partition(":")
passed = 0


def fail_point(name):
    """Dies here, if this is the point and the pass, and its file is there to be removed."""
    global passed
    if name != armed or not os.path.exists(os.environ["SEAM_FAIL_POINT_FILE"]):
        return
    passed += 1
    if passed >= int(nth):
        try:
            os.remove(os.environ["SEAM_FAIL_POINT_FILE"])
        except FileNotFoundError:
            return
        if os.environ["DEFECT"] == "lingering":
            threading.Timer(1, os.kill, (os.getpid(), signal.SIGKILL)).start()
            return
        os.kill(os.getpid(), signal.SIGKILL)


port, data = int(sys.argv[1]), sys.argv[2]
path = os.path.join(data, "orders.jsonl")
orders = {}
if os.environ["DEFECT"] != "forgetful" and os.path.exists(path):
    with open(path) as kept:
        orders = {order["id"]: order for order in map(json.loads, kept)}


class Shop(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200, {"orders": list(orders.values()), "open": os.environ["DEFECT"] != "closed"})

    def do_POST(self):
        died = os.path.join(data, "died")
        if os.environ["DEFECT"] == "mortal" and len(orders) == 3 and not os.path.exists(died):
            open(died, "w").close()
            print("out of memory, giving up", file=sys.stderr, flush=True)
            os._exit(7)
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers["Idempotency-Key"]
        known = key in orders
        fail_point("shop.order.before_effect")
        if not known:
            orders[key] = {"id": key, "amount": body["amount"]}
            with open(path, "a") as kept:
                kept.write(json.dumps(orders[key]) + "\n")
        fail_point("shop.order.after_effect")
        if os.environ["DEFECT"] == "chatty":
            print("an order", flush=True)
        self.answer(201, orders[key], known)

    def answer(self, status, body, repeated=False):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if repeated:
            self.send_header("Idempotency-Replayed", "true")
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


if os.environ["DEFECT"] == "chatty":
    print("the shop opens", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", port), Shop).serve_forever()
