import { describe, expect, it } from "vitest";
import { createTestGateway, range } from "../support/gateway.ts";

const MINUTE = 60_000;

describe("the story of a syndicated stream", () => {
  it("is told from the secured token to the last byte of each partner", async () => {
    await using gateway = await createTestGateway();
    const { ask, sandbox } = gateway;
    const advance = (minutes: number) => sandbox.clock.advance(minutes * MINUTE);

    // A broadcaster makes a secured publish token, ...
    const created = await ask<{ createPublishToken: { secret: string; publishToken: { isSecured: boolean } } }>(
      `mutation { createPublishToken(input: { idempotencyKey: "gala", label: "Spring gala", streams: [{ pattern: "spring-gala" }] }) {
         secret publishToken { isSecured } userErrors { code } } }`,
    );
    const { secret: publishToken, publishToken: token } = created.data.createPublishToken;
    expect(token.isSecured).toBe(true);

    // ... and a master token with a tracking id for each partner.
    const masters: Record<string, number> = {};
    for (const partner of ["meadow-tv", "brook-radio"]) {
      const { data } = await ask<{ createSubscribeToken: { subscribeToken: { tokenId: number; trackingId: string } } }>(
        `mutation { createSubscribeToken(input: { idempotencyKey: "${partner}", label: "${partner} master",
             streams: [{ pattern: "spring-gala" }], trackingId: "${partner}" }) { subscribeToken { tokenId trackingId } } }`,
      );
      masters[partner] = data.createSubscribeToken.subscribeToken.tokenId;
    }

    // All is as the platform wants it before anybody goes live.
    const checked = await ask(
      `{ stream(by: { name: "spring-gala" }) { isLive isSecured clusterConsistency { isConsistent }
           partners { nodes { trackingId } } } }`,
    );
    expect(checked.data).toEqual({
      stream: {
        isLive: false,
        isSecured: true,
        // The account's wildcard token for quality assurance reaches it too, from the same cluster.
        clusterConsistency: { isConsistent: true },
        partners: { nodes: [{ trackingId: "brook-radio" }, { trackingId: "meadow-tv" }] },
      },
    });

    // The feed starts with the publish token, and nobody gets in without a token.
    expect(sandbox.startFeed({ token: publishToken, streamName: "spring-gala", bitsPerSecond: 8_000_000 }).ok).toBe(
      true,
    );
    const stranger = await sandbox.attachViewers({ streamName: "spring-gala", streamAccountId: sandbox.accountId });
    expect(stranger.ok).toBe(false);

    // Each partner signs a token for its viewers, and they watch.
    const audience = {
      "meadow-tv": { count: 3, bitsPerSecond: 4_000_000 },
      "brook-radio": { count: 2, bitsPerSecond: 1_000_000 },
    };
    for (const [partner, viewers] of Object.entries(audience)) {
      const { data } = await ask<{ signViewerToken: { viewerToken: { jwt: string }; userErrors: unknown[] } }>(
        `mutation { signViewerToken(input: { token: { tokenId: ${masters[partner]} } streamName: "spring-gala"
             trackingId: "${partner}" expiresInSeconds: 60 customViewerData: "of ${partner}" }) {
           viewerToken { jwt } userErrors { code message } } }`,
      );
      expect(data.signViewerToken.userErrors).toEqual([]);
      const { jwt } = data.signViewerToken.viewerToken;
      const admission = await sandbox.attachViewers({
        token: jwt,
        streamName: "spring-gala",
        ...viewers,
        country: "GB",
      });
      expect(admission).toMatchObject({ ok: true, trackingId: partner });
    }

    // It is 10:20. Nothing is metered before the quarter hour has passed; then each partner's part is.
    const usage = `{
      meadow: partner(by: { trackingId: "meadow-tv" }) { usage(window: ${range("2026-03-18T10:00:00Z", "2026-03-18T12:00:00Z")}) {
        total { bytesOut bytesIn } series { points { start state bytesOut } } } }
      brook: partner(by: { trackingId: "brook-radio" }) { usage(window: ${range("2026-03-18T10:00:00Z", "2026-03-18T12:00:00Z")}) {
        total { bytesOut bytesIn } } }
      stream(by: { name: "spring-gala" }) { isLive viewerCount
        bandwidthByTrackingId(window: ${range("2026-03-18T10:00:00Z", "2026-03-18T12:00:00Z")}) { trackingId bandwidth { total { bytesOut bytesIn } } } } }`;
    const before = await ask(usage);
    expect(before.data).toMatchObject({
      meadow: { usage: { total: { bytesOut: "0" } } },
      stream: { isLive: true, viewerCount: 5, bandwidthByTrackingId: [] },
    });

    advance(15);
    // The clock says 10:35; figures are in up to 10:30, ten minutes of watching.
    const bytes = (bitsPerSecond: number, viewers: number, minutes: number) =>
      `${(bitsPerSecond / 8) * viewers * minutes * 60}`;
    expect((await ask(usage)).data).toMatchObject({
      meadow: {
        usage: {
          total: { bytesOut: bytes(4_000_000, 3, 10), bytesIn: "0" },
          series: {
            points: [{ start: "2026-03-18T10:00:00.000Z", state: "PARTIAL", bytesOut: bytes(4_000_000, 3, 10) }],
          },
        },
      },
      brook: { usage: { total: { bytesOut: bytes(1_000_000, 2, 10), bytesIn: "0" } } },
      stream: {
        bandwidthByTrackingId: [
          { trackingId: "brook-radio", bandwidth: { total: { bytesOut: bytes(1_000_000, 2, 10) } } },
          { trackingId: "meadow-tv", bandwidth: { total: { bytesOut: bytes(4_000_000, 3, 10) } } },
          // What nobody is billed for is a line of its own: here, what the broadcaster sent.
          { trackingId: null, bandwidth: { total: { bytesOut: "0", bytesIn: bytes(8_000_000, 1, 10) } } },
        ],
      },
    });

    // The operator stops the stream, token first, so that the encoder can't come back.
    const stopped = await ask(
      `mutation { stopStream(input: { stream: { name: "spring-gala" } }) { stoppingLevel disabledTokens { label isActive } userErrors { code } } }`,
    );
    expect(stopped.data).toEqual({
      stopStream: {
        stoppingLevel: "STREAM",
        disabledTokens: [{ label: "Spring gala", isActive: false }],
        userErrors: [],
      },
    });
    advance(90);

    // Five minutes past noon the books are closed: fifteen minutes for each viewer, not a byte more, and every hour known.
    const after = await ask(usage);
    expect(after.data).toMatchObject({
      meadow: {
        usage: {
          total: { bytesOut: bytes(4_000_000, 3, 15), bytesIn: "0" },
          series: {
            points: [
              { start: "2026-03-18T10:00:00.000Z", state: "COMPLETE", bytesOut: bytes(4_000_000, 3, 15) },
              { start: "2026-03-18T11:00:00.000Z", state: "COMPLETE", bytesOut: "0" },
            ],
          },
        },
      },
      brook: { usage: { total: { bytesOut: bytes(1_000_000, 2, 15), bytesIn: "0" } } },
      stream: { isLive: false, viewerCount: 0 },
    });

    // And each viewer can be told apart, as the partner has marked it.
    const records = await ask<{ partner: { viewerRecords: { nodes: { bytes: string }[] } } }>(
      `{ partner(by: { trackingId: "brook-radio" }) { viewerRecords(window: { last: "PT2H" }) {
           nodes { customViewerData country durationSeconds bytes endedAt stream { name } } } } }`,
    );
    expect(records.data.partner.viewerRecords.nodes).toEqual(
      Array.from({ length: 2 }, () => ({
        customViewerData: "of brook-radio",
        country: "GB",
        durationSeconds: 900,
        bytes: bytes(1_000_000, 1, 15),
        endedAt: "2026-03-18T10:35:00.000Z",
        stream: { name: "spring-gala" },
      })),
    );
  });
});
