"""Says to schemathesis what JSON Schema can't say about the requests of the platform."""

import schemathesis
from schemathesis.generation import GenerationMode


@schemathesis.hook
def before_call(context, case, kwargs):
    """Leaves each sku once in the items of a request that is meant to be valid."""
    if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
        return
    body = case.body
    if isinstance(body, dict) and isinstance(body.get("items"), list):
        case.body = {**body, "items": list({item["sku"]: item for item in body["items"]}.values())}
