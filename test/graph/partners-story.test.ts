import { describe, expect, it } from "vitest";
import { createTestGateway, range } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

const MINUTE = 60_000;
const WINDOW = `window: ${range("2026-03-18T10:00:00Z", "2026-03-18T12:00:00Z")}`;

/** What each partner's viewers use. */
const audience = {
  "meadow-tv": { count: 3, bitsPerSecond: 4_000_000 },
  "brook-radio": { count: 2, bitsPerSecond: 1_000_000 },
  "hill-press": { count: 1, bitsPerSecond: 2_000_000 },
} as const;
const names = Object.keys(audience) as (keyof typeof audience)[];

const bytes = (name: keyof typeof audience, minutes: number) =>
  `${(audience[name].bitsPerSecond / 8) * audience[name].count * minutes * 60}`;

describe("the story of a syndicated stream, told by its partners", () => {
  it("is another one for each of them, and each is true", async () => {
    await using gateway = await createTestGateway();
    const { sandbox } = gateway;

    // The broadcaster registers three partners, and sells them one stream in one call.
    const partners = await Promise.all(names.map((name) => onboard(gateway, name)));
    const sold = await gateway.ask<{
      syndicateStream: { userErrors: unknown[]; publishToken: { secret: string } };
    }>(
      `mutation { syndicateStream(input: { idempotencyKey: "gala", stream: { name: "spring-gala" },
         partners: [{ trackingId: "meadow-tv" }, { trackingId: "brook-radio" }, { trackingId: "hill-press" }] }) {
           publishToken { secret } steps { state } userErrors { code } } }`,
    );
    expect(sold.data.syndicateStream.userErrors).toEqual([]);
    const { secret } = sold.data.syndicateStream.publishToken;
    expect(sandbox.startFeed({ token: secret, streamName: "spring-gala", bitsPerSecond: 8_000_000 }).ok).toBe(true);

    // Each finds the stream with its own key, and signs for its viewers, who get in and are counted for it.
    for (const { key, trackingId } of partners) {
      const { ask } = gateway.as(key);
      const { data, errors } = await ask<{
        me: { role: string; partner: { name: string } };
        streams: { nodes: { name: string; playback: { whepUrl: string } }[] };
        subscribeTokens: { nodes: { tokenId: number }[] };
      }>(
        `{ me { role partner { name } } streams { nodes { name playback { whepUrl } } } subscribeTokens { nodes { tokenId } } }`,
      );
      expect(errors).toEqual([]);
      expect(data.me).toEqual({ role: "PARTNER", partner: { name: trackingId } });
      expect(data.streams.nodes).toMatchObject([{ name: "spring-gala" }]);
      const signed = await ask<{ signViewerToken: { viewerToken: { jwt: string } | null; userErrors: unknown[] } }>(
        `mutation { signViewerToken(input: { token: { tokenId: ${data.subscribeTokens.nodes[0]?.tokenId} } streamName: "spring-gala"
           trackingId: "${trackingId}" expiresInSeconds: 60 }) { viewerToken { jwt } userErrors { code } } }`,
      );
      const jwt = signed.data.signViewerToken.viewerToken?.jwt ?? "";
      const viewers = audience[trackingId as keyof typeof audience];
      const admission = await sandbox.attachViewers({ token: jwt, streamName: "spring-gala", ...viewers });
      expect(admission).toMatchObject({ ok: true, trackingId });

      // It can't sign under another's id, nor for a stream that it was not sold.
      const refused = await ask(
        `mutation { a: signViewerToken(input: { token: { tokenId: ${data.subscribeTokens.nodes[0]?.tokenId} } streamName: "spring-gala"
             trackingId: "somebody-else" expiresInSeconds: 60 }) { viewerToken { jwt } userErrors { ... on SigningRefusedError { refusal } } }
           b: signViewerToken(input: { token: { tokenId: ${data.subscribeTokens.nodes[0]?.tokenId} } streamName: "derby-final"
             trackingId: "${trackingId}" expiresInSeconds: 60 }) { viewerToken { jwt } userErrors { ... on SigningRefusedError { refusal } } } }`,
      );
      expect(refused.data).toEqual({
        a: { viewerToken: null, userErrors: [{ refusal: "TRACKING_ID_MISMATCH" }] },
        b: { viewerToken: null, userErrors: [{ refusal: "STREAM_NOT_COVERED" }] },
      });
    }

    // The quarter hour passes: 10:35, figures up to 10:30. Each sees what its viewers used, and nobody else's.
    sandbox.clock.advance(15 * MINUTE);
    for (const { key, trackingId } of partners) {
      const own = bytes(trackingId as keyof typeof audience, 10);
      const { data, errors } = await gateway.as(key).ask(
        `{ partners { nodes { trackingId usage(${WINDOW}) { total { bytesOut bytesIn } series { points { bytesOut } } } } }
           stream(by: { name: "spring-gala" }) { isLive bandwidth(${WINDOW}) { total { bytesOut bytesIn } }
             bandwidthByTrackingId(${WINDOW}) { trackingId bandwidth { total { bytesOut } } } partners { totalCount } } }`,
      );
      expect(errors).toEqual([]);
      expect(data).toEqual({
        partners: {
          nodes: [
            {
              trackingId,
              usage: { total: { bytesOut: own, bytesIn: "0" }, series: { points: [{ bytesOut: own }] } },
            },
          ],
        },
        stream: {
          isLive: true,
          bandwidth: { total: { bytesOut: own, bytesIn: "0" } },
          bandwidthByTrackingId: [{ trackingId, bandwidth: { total: { bytesOut: own } } }],
          partners: { totalCount: 1 },
        },
      });
    }

    // One does not pay: the operator suspends it. What it has signed is refused, and it signs no more; the others go on.
    const [, brook, hill] = partners;
    await gateway.ask(
      `mutation { suspendPartner(input: { partner: { trackingId: "brook-radio" } }) { userErrors { code } } }`,
    );
    const signAs = async (partner = hill) => {
      const { data, errors } = await gateway
        .as(partner?.key ?? "")
        .ask<{ signViewerToken: unknown }>(
          `mutation { signViewerToken(input: { token: { tokenId: 1 } streamName: "spring-gala" expiresInSeconds: 60 }) { userErrors { code } } }`,
        );
      return errors[0]?.extensions.code ?? data;
    };
    expect(await signAs(brook)).toBe("PARTNER_NOT_ACTIVE");
    expect(await signAs(hill)).toMatchObject({ signViewerToken: { userErrors: [{ code: "SIGNING_REFUSED" }] } });
    sandbox.clock.advance(90 * MINUTE);

    // Shortly after noon the operator's books hold all three, to the byte, and the broadcaster's own ingest beside them.
    const { data } = await gateway.ask<{
      stream: { bandwidthByTrackingId: { trackingId: string | null; bandwidth: { total: { bytesOut: string } } }[] };
    }>(
      `{ stream(by: { name: "spring-gala" }) { bandwidthByTrackingId(${WINDOW}) { trackingId bandwidth { total { bytesOut } } } } }`,
    );
    expect(data.stream.bandwidthByTrackingId.map(({ trackingId }) => trackingId)).toEqual([...[...names].sort(), null]);
    for (const name of names) {
      const row = data.stream.bandwidthByTrackingId.find(({ trackingId }) => trackingId === name);
      expect(row?.bandwidth.total.bytesOut).toBe(bytes(name, 100));
    }
  });
});
