/** What has been answered so far, by the name of its operation. @throws Error when it has not been run yet */
export type Answered = <Data>(operation: string) => Data;

/** An operation with root fields that the page of what the graph covers does not show. */
export interface FurtherExample {
  readonly text: string;
  readonly variables?: (answered: Answered) => Record<string, unknown>;
  /** The codes that it is answered with; none without it. */
  readonly errors?: readonly string[];
}

interface Made {
  readonly id: string;
}

/** They run behind those of the page, in this order, each without an error that it does not name. */
export const furtherExamples: readonly FurtherExample[] = [
  { text: `query Limits { limits { freshUntil } }` },
  {
    text: `query Tokens {
      publishTokens(first: 1) { nodes { id label } }
      publishToken(by: { tokenId: 1002 }) { label isActive }
      subscribeToken(by: { tokenId: 5001 }) { id label }
      subscribeTokens(first: 1) { nodes { label } }
    }`,
  },
  {
    text: `query SeveralByName {
      streamsByName(names: ["world-feed", "derby-final"]) { name }
      partnersByTrackingId(trackingIds: ["northwind-tv", "nobody"]) { name }
      publishTokensById(tokenIds: [1002, 1001]) { label }
      subscribeTokensById(tokenIds: [5002, 5001]) { label }
      streams(first: 3, orderByUsage: { window: { last: "PT6H" } }) { nodes { name } }
    }`,
  },
  {
    // What the gateway does not know yet is asked for by itself.
    text: `query UnknownTokens {
      publishToken(by: { tokenId: 999999 }) { label }
      subscribeToken(by: { tokenId: 999999 }) { label }
    }`,
    errors: ["NOT_FOUND", "NOT_FOUND"],
  },
  {
    text: `query Nodes($id: ID!) {
      node(id: $id) { id }
      nodes(ids: [$id]) { ... on PublishToken { label } }
    }`,
    variables: (answered) => ({
      id: answered<{ publishTokens: { nodes: readonly Made[] } }>("Tokens").publishTokens.nodes[0]?.id,
    }),
  },
  {
    text: `query Live {
      streams(first: 20) {
        nodes { feeds { feedId } bandwidth(window: { last: "PT2H" }) { series { points { bytesOut } } } }
      }
      account { usage(window: { last: "PT2H" }) { byCountry { country } } geoCascade { isEnabled } deniedCountries }
    }`,
  },
  { text: `query AllViewers { viewerRecords(window: { last: "PT6H" }, first: 1) { nodes { bytes } } }` },
  {
    text: `mutation OnboardFarRadio {
      onboardPartner(input: {
        idempotencyKey: "far-radio", name: "Far Radio", trackingIds: ["far-radio"], grants: [{ pattern: "derby-final" }]
      }) { partner { id } userErrors { code message } }
    }`,
  },
  {
    text: `mutation ChangePartner {
      updatePartner(input: { partner: { trackingId: "far-radio" }, contact: "desk@far.example" }) {
        partner { contact } userErrors { code message }
      }
      adoptTrackingId(input: { partner: { trackingId: "far-radio" }, trackingId: "far-radio-2" }) {
        partner { trackingIds } userErrors { code message }
      }
      undoAdoption(input: { partner: { trackingId: "far-radio" }, trackingId: "far-radio-2" }) {
        partner { trackingIds } userErrors { code message }
      }
      again: adoptTrackingId(input: { partner: { trackingId: "far-radio" }, trackingId: "far-radio-3" }) {
        partner { trackingIds } userErrors { code message }
      }
      releaseTrackingId(input: { partner: { trackingId: "far-radio" }, trackingId: "far-radio-3" }) {
        partner { trackingIds } userErrors { code message }
      }
      rotatePartnerTokens(input: { idempotencyKey: "rotate-far-radio", partner: { trackingId: "far-radio" } }) {
        rotatedTokens { secret } userErrors { code message }
      }
      createPartnerSession(input: { partner: { trackingId: "far-radio" }, scopes: ["token:sign"], expiresInSeconds: 60 }) {
        jwt userErrors { code message }
      }
    }`,
  },
  {
    text: `mutation CreateKey {
      createApiKey(input: { idempotencyKey: "key", name: "report", role: ANALYST, scopes: ["usage:read"] }) {
        apiKey { id } secret userErrors { code message }
      }
    }`,
  },
  {
    text: `mutation RotateKey($id: ID!) {
      rotateApiKey(input: { id: $id, idempotencyKey: "key-2", overlapSeconds: 60 }) {
        apiKey { id } secret userErrors { code message }
      }
      revokeApiKey(input: { id: $id }) { apiKey { id } userErrors { code message } }
    }`,
    variables: (answered) => ({
      id: answered<{ createApiKey: { apiKey: Made } }>("CreateKey").createApiKey.apiKey.id,
    }),
  },
  { text: `query Keys { apiKeys(first: 10) { nodes { name } } }` },
  {
    text: `mutation CreateToken {
      createSubscribeToken(input: {
        idempotencyKey: "short-lived", label: "short lived", streams: [{ pattern: "derby-final" }], trackingId: "far-radio"
      }) { subscribeToken { id } userErrors { code message } }
    }`,
  },
  {
    text: `mutation ChangeToken($id: ID!) {
      rotateSubscribeToken(input: { idempotencyKey: "rotate-short-lived", token: { id: $id } }) {
        subscribeToken { id } secret userErrors { code message }
      }
    }`,
    variables: (answered) => ({
      id: answered<{ createSubscribeToken: { subscribeToken: Made } }>("CreateToken").createSubscribeToken
        .subscribeToken.id,
    }),
  },
  {
    text: `mutation EndToken($id: ID!) {
      disableSubscribeTokens(input: { tokens: [{ id: $id }] }) { subscribeTokens { isActive } userErrors { code message } }
      enableSubscribeTokens(input: { tokens: [{ id: $id }] }) { subscribeTokens { isActive } userErrors { code message } }
      deleteSubscribeToken(input: { token: { id: $id } }) { deletedId userErrors { code message } }
    }`,
    variables: (answered) => ({
      id: answered<{ rotateSubscribeToken: { subscribeToken: Made } }>("ChangeToken").rotateSubscribeToken
        .subscribeToken.id,
    }),
  },
  {
    text: `mutation SellToFarRadio {
      syndicateStream(input: { idempotencyKey: "sale", stream: { name: "spring-gala" }, partners: [{ trackingId: "far-radio" }] }) {
        steps { name state } userErrors { code message }
      }
      suspendPartner(input: { partner: { trackingId: "far-radio" } }) { partner { status } userErrors { code message } }
      resumePartner(input: { partner: { trackingId: "far-radio" } }) { partner { status } userErrors { code message } }
    }`,
  },
  {
    text: `mutation RecordCoverage {
      recordPatternCoverage(input: { pattern: "^(?!internal-).+$", streamNames: ["derby-final"] }) {
        userErrors { code message }
      }
    }`,
  },
  {
    text: `mutation SetBillingTimeZone {
      setBillingTimeZone(input: { timeZone: "Europe/Berlin" }) {
        account { billingTimeZones { fromMonth timeZone } } userErrors { code message }
      }
    }`,
  },
  {
    text: `query Collected {
      usageCollection {
        isRunning
        progress { granularity series incompleteSeries collectedFrom collectedUntil lateSeconds }
        missing { kind name granularity from to }
        problems { code kind granularity name since lastAt }
      }
    }`,
  },
  { text: `query Refused { refusedAttempts(first: 1) { nodes { __typename } } }` },
  { text: `query Registry { partners(first: 5) { nodes { name } } auditLog(first: 5) { nodes { operation } } }` },
  {
    text: `mutation RelayAll {
      setGeoCascade(input: { target: { account: true }, geoCascade: { isEnabled: true, clusters: ["lon-1"] } }) {
        userErrors { code message }
      }
    }`,
  },
  {
    text: `mutation StreamConference {
      startConferenceStream(input: { conferenceId: "2b1f6c58-9d55-4b0f-8e39-4d2f3c1a7b60" }) {
        target userErrors { code message }
      }
      stopConferenceStream(input: { conferenceId: "2b1f6c58-9d55-4b0f-8e39-4d2f3c1a7b60", target: PLATFORM_STREAM }) {
        userErrors { code message }
      }
    }`,
  },
  {
    text: `mutation RetirePartner {
      retirePartner(input: { partner: { trackingId: "far-radio" } }) { partner { status } userErrors { code message } }
    }`,
  },
  {
    text: `mutation CreateTranscoder {
      createTranscoder(input: { idempotencyKey: "studio", name: "studio", clusterId: "lon-1", height: 720, frameRate: 30 }) {
        transcoder { id } userErrors { code message }
      }
    }`,
  },
  {
    text: `query Transcoders($id: ID!) {
      transcoders(first: 10) { nodes { name } }
      transcoder(by: { id: $id }) { name }
    }`,
    variables: (answered) => ({ id: transcoderId(answered) }),
  },
  {
    text: `mutation EndTranscoder($id: ID!) {
      updateTranscoder(input: { transcoder: { id: $id }, name: "studio 2" }) {
        transcoder { name } userErrors { code message }
      }
      deleteTranscoder(input: { transcoder: { id: $id } }) { deletedId userErrors { code message } }
    }`,
    variables: (answered) => ({ id: transcoderId(answered) }),
  },
  {
    text: `mutation CreateDistribution {
      createMediaDistribution(input: { idempotencyKey: "members", name: "members", keys: [{ name: "first" }] }) {
        mediaDistribution { id } newKeys { keyId secret } userErrors { code message }
      }
    }`,
  },
  {
    text: `mutation ChangeDistribution($id: ID!) {
      updateMediaDistribution(input: { distribution: { id: $id }, name: "all members" }) {
        mediaDistribution { name } userErrors { code message }
      }
      addMediaKey(input: { idempotencyKey: "second", distribution: { id: $id }, key: { name: "second" } }) {
        newKey { keyId } userErrors { code message }
      }
    }`,
    variables: (answered) => ({ id: distribution(answered).id }),
  },
  {
    text: `query Media {
      mediaDistributions(first: 10) { nodes { name } }
      mediaAssets(first: 1) { nodes { id } }
    }`,
  },
  {
    text: `query Distribution($id: ID!, $assetId: ID!) {
      node(id: $id) { ... on MediaDistribution { name } }
      mediaAsset(by: { id: $assetId }) { id distribution { name } }
    }`,
    variables: (answered) => ({ id: distribution(answered).id, assetId: assetId(answered) }),
  },
  {
    text: `mutation EndDistribution($id: ID!, $keyId: String!, $assetId: ID!) {
      updateMediaAsset(input: { mediaAsset: { id: $assetId }, distribution: { id: $id }, customPath: "members/last" }) {
        mediaAsset { customPath } userErrors { code message }
      }
      removeMediaKey(input: { distribution: { id: $id }, keyId: $keyId }) { userErrors { code message } }
      removed: updateMediaAsset(input: { mediaAsset: { id: $assetId }, distribution: null }) { userErrors { code message } }
      deleteMediaDistribution(input: { distribution: { id: $id } }) { deletedId userErrors { code message } }
      updateMediaExpiry(input: { clipDays: 30 }) { mediaExpiry { clipDays } userErrors { code message } }
    }`,
    variables: (answered) => ({
      id: distribution(answered).id,
      keyId: distribution(answered).keyId,
      assetId: assetId(answered),
    }),
  },
];

const transcoderId = (answered: Answered) =>
  answered<{ createTranscoder: { transcoder: Made } }>("CreateTranscoder").createTranscoder.transcoder.id;

function distribution(answered: Answered) {
  const { mediaDistribution, newKeys } = answered<{
    createMediaDistribution: { mediaDistribution: Made; newKeys: readonly { readonly keyId: string }[] };
  }>("CreateDistribution").createMediaDistribution;
  return { id: mediaDistribution.id, keyId: newKeys[0]?.keyId };
}

const assetId = (answered: Answered) =>
  answered<{ mediaAssets: { nodes: readonly Made[] } }>("Media").mediaAssets.nodes[0]?.id;
