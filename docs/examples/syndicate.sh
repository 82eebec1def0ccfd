#!/bin/sh
# Gives a partner a token for a stream, signs a viewer token under it, and reads what the partner's viewers have used.
#
#   SYNDIGRAPH_KEY=... sh syndicate.sh derby-final meadow-tv
#
# Needs curl. SYNDIGRAPH_URL is http://127.0.0.1:4000/graphql by default.
set -eu
stream=$1
tracking_id=$2

# Sends a query with its variables, in JSON, and prints one field of the response; fails, with the response, if it has none.
ask() {
  query=$(printf %s "$1" | tr '\n' ' ')
  response=$(curl --silent --show-error "${SYNDIGRAPH_URL:-http://127.0.0.1:4000/graphql}" \
    --header 'content-type: application/json' \
    --header "authorization: Bearer $SYNDIGRAPH_KEY" \
    --data "{\"query\": \"$query\", \"variables\": $2}")
  value=$(printf %s "$response" | sed -n "s/.*\"$3\":\"\{0,1\}\([^\",}]*\).*/\1/p")
  if [ -z "$value" ]; then
    echo "$response" >&2
    return 1
  fi
  echo "$value"
}

# Sent again with the same idempotencyKey, the mutation creates nothing twice.
token=$(ask 'mutation ($key: ID!, $label: String!, $stream: String!, $trackingId: String!) {
  createSubscribeToken(input: { idempotencyKey: $key, label: $label, streams: [{ pattern: $stream }], trackingId: $trackingId }) {
    subscribeToken { tokenId } userErrors { code message } } }' \
  "{\"key\": \"$tracking_id: $stream\", \"label\": \"$tracking_id: $stream\", \"stream\": \"$stream\", \"trackingId\": \"$tracking_id\"}" tokenId)
echo "subscribe token $token"

viewer=$(ask 'mutation ($token: SafeInt!, $stream: String!, $trackingId: String!) {
  signViewerToken(input: { token: { tokenId: $token }, streamName: $stream, trackingId: $trackingId, expiresInSeconds: 300 }) {
    viewerToken { jwt } userErrors { code message } } }' \
  "{\"token\": $token, \"stream\": \"$stream\", \"trackingId\": \"$tracking_id\"}" jwt)
echo "viewer token $viewer"

used=$(ask 'query ($trackingId: String!) {
  partner(by: { trackingId: $trackingId }) { usage(window: { named: TODAY }) { total { gigabytesOut } } } }' \
  "{\"trackingId\": \"$tracking_id\"}" gigabytesOut)
echo "used $used GB in the last day"
