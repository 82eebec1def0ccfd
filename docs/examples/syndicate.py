"""Gives a partner a token for a stream, signs a viewer token under it, and reads what the partner's viewers have used.

    SYNDIGRAPH_KEY=... python3 syndicate.py derby-final meadow-tv

Needs the standard library alone. SYNDIGRAPH_URL is http://127.0.0.1:4000/graphql by default.
"""

import json
import os
import sys
import urllib.request

URL = os.environ.get("SYNDIGRAPH_URL", "http://127.0.0.1:4000/graphql")
KEY = os.environ["SYNDIGRAPH_KEY"]


def ask(query, **variables):
    """Sends an operation, and returns its data. Raises if a field failed, or if a mutation was refused."""
    request = urllib.request.Request(
        URL,
        data=json.dumps({"query": query, "variables": variables}).encode(),
        headers={"content-type": "application/json", "authorization": f"Bearer {KEY}"},
    )
    with urllib.request.urlopen(request) as response:
        answer = json.load(response)
    failures = list(answer.get("errors", []))
    for field in (answer.get("data") or {}).values():
        failures += (field or {}).get("userErrors", [])
    if failures:
        raise SystemExit("\n".join(failure["message"] for failure in failures))
    return answer["data"]


stream, tracking_id = sys.argv[1:]

# Sent again with the same idempotencyKey, the mutation creates nothing twice.
created = ask(
    """
    mutation ($key: ID!, $label: String!, $stream: String!, $trackingId: String!) {
      createSubscribeToken(
        input: { idempotencyKey: $key, label: $label, streams: [{ pattern: $stream }], trackingId: $trackingId }
      ) { subscribeToken { tokenId } userErrors { message } }
    }
    """,
    key=f"{tracking_id}: {stream}",
    label=f"{tracking_id}: {stream}",
    stream=stream,
    trackingId=tracking_id,
)
token_id = created["createSubscribeToken"]["subscribeToken"]["tokenId"]
print("subscribe token", token_id)

signed = ask(
    """
    mutation ($token: SafeInt!, $stream: String!, $trackingId: String!) {
      signViewerToken(
        input: { token: { tokenId: $token }, streamName: $stream, trackingId: $trackingId, expiresInSeconds: 300 }
      ) { viewerToken { jwt } userErrors { message } }
    }
    """,
    token=token_id,
    stream=stream,
    trackingId=tracking_id,
)
print("viewer token", signed["signViewerToken"]["viewerToken"]["jwt"])

usage = ask(
    """
    query ($trackingId: String!) {
      partner(by: { trackingId: $trackingId }) { usage(window: { named: TODAY }) { total { gigabytesOut } } }
    }
    """,
    trackingId=tracking_id,
)
print("used", usage["partner"]["usage"]["total"]["gigabytesOut"], "GB in the last day")
