// Gives a partner a token for a stream, signs viewer tokens under it, and reads what the partner's viewers have used.
//
//   SYNDIGRAPH_KEY=... node syndicate.mjs derby-final meadow-tv
//
// Needs Node.js alone. SYNDIGRAPH_URL is http://127.0.0.1:4000/graphql by default.
const { SYNDIGRAPH_URL: url = "http://127.0.0.1:4000/graphql", SYNDIGRAPH_KEY: key } = process.env;
const [stream, trackingId] = process.argv.slice(2);

/** Sends an operation, and returns its data. Throws if a field failed, or if a mutation was refused. */
async function ask(query, variables) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors = [] } = await response.json();
  const refused = Object.values(data ?? {}).flatMap((field) => field?.userErrors ?? []);
  if (errors.length + refused.length > 0)
    throw new Error([...errors, ...refused].map(({ message }) => message).join("\n"));
  return data;
}

// Sent again with the same idempotencyKey, the mutation creates nothing twice.
const { createSubscribeToken } = await ask(
  `mutation ($key: ID!, $label: String!, $stream: String!, $trackingId: String!) {
    createSubscribeToken(
      input: { idempotencyKey: $key, label: $label, streams: [{ pattern: $stream }], trackingId: $trackingId }
    ) { subscribeToken { tokenId } userErrors { message } }
  }`,
  { key: `${trackingId}: ${stream}`, label: `${trackingId}: ${stream}`, stream, trackingId },
);
const { tokenId } = createSubscribeToken.subscribeToken;
console.log(`subscribe token ${tokenId}`);

const { signViewerTokens } = await ask(
  `mutation ($tokenId: SafeInt!, $stream: String!, $trackingId: String!, $viewers: [ViewerInput!]!) {
    signViewerTokens(
      input: {
        token: { tokenId: $tokenId }
        streamName: $stream
        trackingId: $trackingId
        expiresInSeconds: 300
        viewers: $viewers
      }
    ) { results { viewerToken { jwt } userErrors { message } } userErrors { message } }
  }`,
  { tokenId, stream, trackingId, viewers: [{ customViewerData: "seat=1" }, { customViewerData: "seat=2" }] },
);
for (const { viewerToken } of signViewerTokens.results) console.log(`viewer token ${viewerToken.jwt}`);

const { partner } = await ask(
  `query ($trackingId: String!) {
    partner(by: { trackingId: $trackingId }) { usage(window: { named: TODAY }) { total { gigabytesOut } } }
  }`,
  { trackingId },
);
console.log(`used ${partner.usage.total.gigabytesOut} GB in the last day`);
