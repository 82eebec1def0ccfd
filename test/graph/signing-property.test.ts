import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signViewerToken } from "../../src/auth/viewer-token.ts";
import { Secret } from "../../src/model/secret.ts";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";

/** The rules that the gateway holds to although the Director, by its documents, does not. */
const LAXER_UPSTREAM = new Set([
  // Origins and addresses beyond the parent's are joined with the parent's, not refused.
  "ORIGIN_OUTSIDE_PARENT",
  "IP_OUTSIDE_PARENT",
]);

const STREAM = "grand-prix";

interface Parent {
  streams: { pattern: string; isRegex: boolean }[];
  trackingId: string | null;
  originCluster: string | null;
  allowedOrigins: string[];
  allowedIpAddresses: string[];
  lifeSeconds: number | null;
  isActive: boolean;
}

/** The parent's own, whichever that is. */
const SAME = Symbol("the parent's");

interface Request {
  streamName: string;
  trackingId: string | null | typeof SAME;
  originCluster: string | null;
  allowedOrigins: string[];
  allowedIpAddresses: string[];
  customViewerData: string | null;
  lifeSeconds: number;
  waitSeconds: number;
}

/** Mostly the first, so that many requests break no rule, and most of the others break one. */
function mostly<T>(usual: T, ...others: T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.constant(usual) },
    ...others.map((other) => ({ weight: 1, arbitrary: fc.constant(other) })),
  );
}

const origins = fc.uniqueArray(
  fc.constantFrom("prix.example", "*.prix.example", "live.prix.example", "other.example"),
  {
    maxLength: 2,
  },
);
const addresses = fc.uniqueArray(fc.constantFrom("192.0.2.0/24", "192.0.2.7", "198.51.100.0/25", "203.0.113.9"), {
  maxLength: 2,
});
const none = fc.constant<string[]>([]);
const usuallyNone = (lists: fc.Arbitrary<string[]>) =>
  fc.oneof({ weight: 3, arbitrary: none }, { weight: 1, arbitrary: lists });
const parents: fc.Arbitrary<Parent> = fc.record({
  streams: fc.uniqueArray(
    mostly(
      { pattern: STREAM, isRegex: false },
      { pattern: "grand-[a-z]+", isRegex: true },
      { pattern: ".*", isRegex: true },
      { pattern: "grand", isRegex: true },
      { pattern: "Grand-Prix", isRegex: false },
    ),
    { minLength: 1, maxLength: 2 },
  ),
  trackingId: fc.constantFrom(null, "racer", "rival"),
  originCluster: mostly<string | null>(null, "phx-1", "fra-1", "auto"),
  allowedOrigins: usuallyNone(origins),
  allowedIpAddresses: usuallyNone(addresses),
  lifeSeconds: mostly<number | null>(null, 50, 5_000),
  isActive: mostly(true, false),
});
const requests: fc.Arbitrary<Request> = fc.record({
  streamName: mostly(STREAM, "Grand-Prix", "grand", ".*"),
  trackingId: mostly<string | null | typeof SAME>(SAME, null, "racer", "rival"),
  originCluster: mostly<string | null>(null, "phx-1", "auto", "ams-1"),
  allowedOrigins: usuallyNone(origins),
  allowedIpAddresses: usuallyNone(addresses),
  customViewerData: mostly<string | null>(null, "seat 1", "x".repeat(1025)),
  lifeSeconds: mostly(60, 3_600, -5),
  /** Let this much of the parent's life pass before signing. */
  waitSeconds: mostly(0, 100),
});

describe("for any parent and any request", () => {
  it("the Director admits what the gateway signs, and refuses what the gateway refuses", {
    timeout: 180_000,
  }, async () => {
    await using gateway = await createTestGateway();
    const encoder = await broadcast(gateway);
    const outcomes = { signed: 0, refused: 0 };
    let round = 0;
    await fc.assert(
      fc.asyncProperty(parents, requests, async (parent, asked) => {
        round += 1;
        const request = { ...asked, trackingId: asked.trackingId === SAME ? parent.trackingId : asked.trackingId };
        const { id, secret } = await createParent(gateway, parent, round);
        gateway.sandbox.clock.advance(request.waitSeconds * 1000);
        const now = Math.floor(gateway.sandbox.clock.now() / 1000);
        const { viewerToken, userErrors } = await sign(gateway, id, request);
        const viewer = viewerWithin(parent, request);
        if (viewerToken) {
          outcomes.signed += 1;
          const admission = await gateway.sandbox.attachViewers({
            token: viewerToken.jwt,
            streamName: request.streamName,
            ...viewer,
          });
          // Names that nobody broadcasts are offline, which is no fault of the token.
          expect(admission.ok ? "admitted" : admission.message).toBe(
            request.streamName === STREAM ? "admitted" : "stream not found",
          );
          return;
        }
        outcomes.refused += 1;
        const reasons = userErrors.map(({ refusal }) => refusal);
        if (reasons.every((reason) => LAXER_UPSTREAM.has(reason))) return;
        const jwt = await signWithoutRules(id, secret, request, now);
        const admission = await gateway.sandbox.attachViewers({
          token: jwt,
          streamName: request.streamName,
          ...viewer,
        });
        expect({ reasons, ok: admission.ok }).toEqual({ reasons, ok: false });
      }),
      { numRuns: 300 },
    );
    expect(outcomes.signed).toBeGreaterThan(60);
    expect(outcomes.refused).toBeGreaterThan(100);
    expect(encoder.ok).toBe(true);
  });
});

async function broadcast(gateway: TestGateway) {
  const { data } = await gateway.ask<{ createPublishToken: { secret: string } }>(
    `mutation { createPublishToken(input: { idempotencyKey: "p", label: "prix", streams: [{ pattern: "${STREAM}" }] }) { secret } }`,
  );
  return gateway.sandbox.startFeed({ token: data.createPublishToken.secret, streamName: STREAM });
}

async function createParent(gateway: TestGateway, parent: Parent, round: number) {
  const { streams, trackingId, originCluster, allowedOrigins, allowedIpAddresses, lifeSeconds, isActive } = parent;
  const { data } = await gateway.ask<{
    createSubscribeToken: { subscribeToken: { tokenId: number }; secret: string };
  }>(
    `mutation ($input: CreateSubscribeTokenInput!) { createSubscribeToken(input: $input) { secret subscribeToken { tokenId } } }`,
    {
      input: {
        idempotencyKey: `parent-${round}`,
        label: `parent ${round}`,
        streams,
        trackingId,
        originCluster,
        allowedOrigins,
        allowedIpAddresses,
        expiresInSeconds: lifeSeconds,
      },
    },
  );
  const { subscribeToken, secret } = data.createSubscribeToken;
  if (!isActive) {
    await gateway.ask(
      `mutation { disableSubscribeTokens(input: { tokens: [{ tokenId: ${subscribeToken.tokenId} }] }) { userErrors { code } } }`,
    );
  }
  return { id: subscribeToken.tokenId, secret };
}

type Concrete = Request & { trackingId: string | null };

async function sign(gateway: TestGateway, tokenId: number, request: Concrete) {
  const { lifeSeconds, waitSeconds: _, ...fields } = request;
  const { data, errors } = await gateway.ask<{
    signViewerToken: { viewerToken: { jwt: string } | null; userErrors: { refusal: string }[] };
  }>(
    `mutation ($input: SignViewerTokenInput!) { signViewerToken(input: $input) { viewerToken { jwt }
       userErrors { ... on SigningRefusedError { refusal } } } }`,
    { input: { token: { tokenId }, expiresInSeconds: lifeSeconds, ...fields } },
  );
  expect(errors).toEqual([]);
  return data.signViewerToken;
}

/** What a partner would sign that knows the secret and not the rules. */
function signWithoutRules(tokenId: number, secret: string, request: Concrete, now: number): Promise<string> {
  const { streamName, trackingId, originCluster, allowedOrigins, allowedIpAddresses, customViewerData } = request;
  const claims = {
    streaming: {
      tokenId,
      tokenType: "Subscribe" as const,
      streamName,
      ...(originCluster !== null && { originCluster }),
      allowedOrigins,
      allowedIpAddresses,
      ...(trackingId !== null && { tracking: { trackingId } }),
      ...(customViewerData !== null && { customViewerData }),
    },
    iat: now,
    exp: now + request.lifeSeconds,
  };
  return signViewerToken(claims, new Secret(secret), "HS256");
}

/** A viewer at a place that both the parent and the viewer token allow, where there is one. */
function viewerWithin(parent: Parent, request: Request): { origin?: string; ip: string } {
  const narrowest = (own: string[], inherited: string[]) => (own.length > 0 ? own : inherited)[0];
  const origin = narrowest(request.allowedOrigins, parent.allowedOrigins)?.replace("*.", "live.");
  const address = narrowest(request.allowedIpAddresses, parent.allowedIpAddresses);
  return {
    ip: address ? address.replace("0/24", "7").replace("0/25", "8") : "192.0.2.200",
    ...(origin && { origin: `https://${origin}` }),
  };
}
