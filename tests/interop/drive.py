"""Drives `seam proxy` with toxiproxy-python, unchanged, and measures what each toxic does.

Called with the port of the API and the port of a server that echoes. Prints a line for each check. Exit codes: 0 all
are as they should be, 1 one is not.
"""

import socket
import sys
import time

from toxiproxy import Toxiproxy
from toxiproxy.exceptions import InvalidToxic, NotFound, ProxyExists

LIMIT = 20
api, echo = int(sys.argv[1]), int(sys.argv[2])
server = Toxiproxy()
server.update_api_consumer("127.0.0.1", api)


def connect(proxy):
    host, port = proxy.listen.rsplit(":", 1)
    client = socket.create_connection((host, int(port)), timeout=LIMIT)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def rest(client):
    data = b""
    while piece := client.recv(65536):
        data += piece
    return data


def exchange(client, data):
    client.sendall(data)
    got = b""
    while len(got) < len(data):
        piece = client.recv(65536)
        assert piece, f"ended after {got!r}"
        got += piece
    assert got == data, got


def takes(least, action):
    began = time.monotonic()
    action()
    took = time.monotonic() - began
    assert took >= least, f"took {took:.3f} s, wanted at least {least}"


def latency(proxy):
    client = connect(proxy)
    exchange(client, b"open")
    proxy.add_toxic(type="latency", attributes={"latency": 300, "jitter": 10})
    takes(0.29, lambda: exchange(client, b"late"))
    proxy.add_toxic(type="latency", name="more", attributes={"latency": 300})
    takes(0.59, lambda: exchange(client, b"later"))
    assert set(proxy.toxics()) == {"latency_downstream", "more"}
    toxic = proxy.get_toxic("latency_downstream")
    assert (toxic.attributes, toxic.toxicity) == ({"latency": 300, "jitter": 10}, 1), vars(toxic)
    assert proxy.destroy_toxic("more")
    assert proxy.get_toxic("more") is None


def bandwidth(proxy):
    proxy.add_toxic(type="bandwidth", stream="upstream", attributes={"rate": 20})
    takes(0.45, lambda: exchange(connect(proxy), b"x" * 10_000))


def slow_close(proxy):
    proxy.add_toxic(type="slow_close", attributes={"delay": 300})
    client = connect(proxy)
    exchange(client, b"last words")
    client.shutdown(socket.SHUT_WR)
    takes(0.3, lambda: rest(client))


def timeout(proxy):
    proxy.add_toxic(type="timeout", attributes={"timeout": 300})
    client = connect(proxy)
    client.sendall(b"lost")
    began = time.monotonic()
    assert rest(client) == b""
    assert time.monotonic() - began >= 0.25


def reset_peer(proxy):
    proxy.add_toxic(type="reset_peer", attributes={"timeout": 0})
    client = connect(proxy)
    client.sendall(b"?")
    try:
        assert False, client.recv(1)
    except ConnectionResetError:
        pass


def slicer(proxy):
    attributes = {"average_size": 10, "size_variation": 5, "delay": 20_000}
    proxy.add_toxic(type="slicer", attributes=attributes)
    takes(0.26, lambda: exchange(connect(proxy), b"x" * 200))


def limit_data(proxy):
    proxy.add_toxic(type="limit_data", attributes={"bytes": 4})
    client = connect(proxy)
    client.sendall(b"0123456789")
    assert rest(client) == b"0123"


def toxicity(proxy):
    proxy.add_toxic(type="limit_data", toxicity=0.5, attributes={"bytes": 1})
    lengths = set()
    for _ in range(24):
        client = connect(proxy)
        client.sendall(b"two")
        client.shutdown(socket.SHUT_WR)
        lengths.add(len(rest(client)))
    assert lengths == {1, 3}, lengths


def down(proxy):
    with proxy.down():
        try:
            connect(proxy)
            assert False, "it is up"
        except ConnectionRefusedError:
            pass
    exchange(connect(proxy), b"up again")


def reset(proxy):
    proxy.add_toxic(type="timeout", attributes={"timeout": 0})
    proxy.disable()
    assert server.reset()
    assert proxy.toxics() == {} and server.get_proxy(proxy.name).enabled
    exchange(connect(proxy), b"healed")


def populate(proxy):
    draft = {"name": "populated", "listen": "127.0.0.1:0", "upstream": f"127.0.0.1:{echo}"}
    made = server.populate([draft])[0]
    exchange(connect(made), b"populated")
    assert server.populate([{**draft, "listen": made.listen}]) == []
    assert made.destroy() and server.get_proxy("populated") is None


def errors(proxy):
    for error, action in [
        (ProxyExists, lambda: server.create(upstream="a:1", name=proxy.name)),
        (InvalidToxic, lambda: proxy.add_toxic(type="lateness")),
        (InvalidToxic, lambda: proxy.add_toxic(type="latency", attributes={"latncy": 1})),
        (NotFound, lambda: proxy.destroy_toxic("nothing")),
    ]:
        try:
            action()
            assert False, f"no {error.__name__}"
        except error:
            pass


def version(proxy):
    assert server.running() and b'"version":"2.' in server.version(), server.version()


CHECKS = [
    latency, bandwidth, slow_close, timeout, reset_peer, slicer, limit_data, toxicity, down, reset, populate, errors,
    version,
]
wrong = 0
for check in CHECKS:
    proxy = server.create(upstream=f"127.0.0.1:{echo}", name=check.__name__)
    try:
        check(proxy)
        print("ok", check.__name__)
    except Exception as problem:  # noqa: BLE001
        wrong += 1
        print("WRONG", check.__name__, repr(problem))
    proxy.destroy()
sys.exit(1 if wrong or server.proxies() else 0)
