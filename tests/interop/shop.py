"""A shop in Python: writes, with pact-python, what it needs of orders into a folder. Its second argument is the field that it reads of an order."""

import json
import sys
from urllib.request import urlopen

from pact import Pact, match

folder, field = sys.argv[1:]
lamp = {"sku": "lamp", "price": {"cents": 675, "currency": "EUR"}, "stock": 100}
order = {
    "customer_id": "ada",
    "contact": {"email": "ada@example.org"},
    "items": [{"sku": "lamp", "quantity": 2}],
    "payment_method": "tok_ok",
}
order_id = "d480166a-cabc-5c67-b3de-a3f45ad2e236"

pact = Pact("python-shop", "orders").with_specification("V4")
(
    pact.upon_receiving("show an order to a shop in Python")
    .given("a product in stock", lamp)
    .given("an order", {"order": order, "status": "confirmed"})
    .with_request("GET", f"/v2/orders/{order_id}")
    .with_generators({"path": {"type": "ProviderState", "expression": "/v2/orders/${order_id}"}}, "Request")
    .will_respond_with(200)
    .with_body({"data": {"id": match.uuid(order_id), field: match.str("confirmed")}}, "application/json")
)
with pact.serve() as server:
    with urlopen(f"{server.url}/v2/orders/{order_id}") as answer:
        assert json.load(answer)["data"][field] == "confirmed"
pact.write_file(folder)
