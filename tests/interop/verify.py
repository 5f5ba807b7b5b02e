"""Verifies one pact file with pact-python. Exit codes: 0 it is kept, 1 it is not."""

import sys
from urllib.parse import urlsplit

from pact import Verifier

provider, provider_url, state_url, message_url, pact = sys.argv[1:]
messages = urlsplit(message_url)
verifier = (
    Verifier(provider, host=urlsplit(provider_url).hostname)
    .add_transport(url=provider_url)
    .add_transport(protocol="message", port=messages.port, path=messages.path, scheme="http")
    .state_handler(state_url, teardown=True, body=True)
    .add_source(pact)
)
try:
    verifier.verify()
except RuntimeError as failure:
    print(verifier.output(strip_ansi=True), failure, file=sys.stderr)
    sys.exit(1)
