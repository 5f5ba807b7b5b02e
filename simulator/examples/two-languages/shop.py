"""Sells seats. Every order has a key; the same key is the same order, whatever happened meanwhile."""

import http.client
import json
import os
import sqlite3
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

port, folder = int(sys.argv[1]), sys.argv[2]
bank = os.environ["BANK"]
forgets_keys = os.environ["DEFECT"] == "forget-keys"

lock = threading.Lock()
books = sqlite3.connect(os.path.join(folder, "books.db"), check_same_thread=False, isolation_level=None)
books.execute("PRAGMA journal_mode = WAL")
books.execute("CREATE TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, seat INTEGER, status TEXT)")


def begin(key, seat):
    """The status of an order, which is pending if it is new and its seat is free."""
    with lock:
        known = books.execute("SELECT status FROM orders WHERE id = ?", [key]).fetchone()
        if known:
            return known[0]
        sold = books.execute("SELECT 1 FROM orders WHERE seat = ? AND status != 'refused'", [seat]).fetchone()
        status = "refused" if sold else "pending"
        books.execute("INSERT INTO orders VALUES (?, ?, ?)", [key, seat, status])
        return status


def charge(key):
    """Charges the bank. Without an answer nobody knows if it did, so the customer has to ask again, with the key."""
    connection = http.client.HTTPConnection(bank, timeout=2)
    body = json.dumps({"order": key, "cents": 500})
    try:
        connection.request("POST", "/charges", body)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Shop(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        with lock:
            rows = books.execute("SELECT id, seat, status FROM orders ORDER BY id").fetchall()
        self.answer(200, {"orders": [dict(zip(("id", "seat", "status"), row)) for row in rows]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers["Idempotency-Key"]
        status = begin(key, body["seat"])
        if status == "pending" or (forgets_keys and status == "confirmed"):
            if not charge(key if not forgets_keys else key + os.urandom(4).hex()):
                return self.answer(503, {"error": "the bank does not answer"})
            with lock:
                books.execute("UPDATE orders SET status = 'confirmed' WHERE id = ?", [key])
            status = "confirmed"
        self.answer(201 if status == "confirmed" else 409, {"id": key, "status": status})

    def log_message(self, *words):
        pass


ThreadingHTTPServer.request_queue_size = 64
print("the shop is open", flush=True)
ThreadingHTTPServer(("127.0.0.1", port), Shop).serve_forever()
