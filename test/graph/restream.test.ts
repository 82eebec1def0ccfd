import { describe, expect, it } from "vitest";
import { createTestGateway, range, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

const tokenOf = (gateway: TestGateway, label: string) =>
  gateway.sandbox.tokens.publish().find((token) => token.label === label);

const mutation = `mutation ($input: SetRestreamTargetsInput!) { setRestreamTargets(input: $input) {
  publishToken { label restreams { label url isEnabled } } userErrors { __typename code message path } } }`;

interface Target {
  readonly url: string;
  readonly key?: string;
  readonly label?: string;
  readonly isEnabled?: boolean;
}

async function setTargets(gateway: TestGateway, label: string, targets: readonly Target[]) {
  const input = { publishToken: { tokenId: tokenOf(gateway, label)?.id }, targets };
  const { data, errors } = await gateway.ask<{
    setRestreamTargets: { publishToken: { restreams: unknown[] } | null; userErrors: { message: string }[] };
  }>(mutation, { input });
  expect(errors).toEqual([]);
  return data.setRestreamTargets;
}

const sync = (gateway: TestGateway, label: string) =>
  gateway.ask(
    `mutation { syncRestreams(input: { publishToken: { tokenId: ${tokenOf(gateway, label)?.id} } }) { publishToken { label } userErrors { code } } }`,
  );

async function running(gateway: TestGateway, name: string) {
  const { data } = await gateway.ask<{ stream: { activeFeed: { restreams: Record<string, unknown>[] } } }>(
    `{ stream(by: { name: "${name}" }) { activeFeed { restreams { label url isActive startedAt endedAt error } } } }`,
  );
  return data.stream.activeFeed.restreams;
}

const VIDEO_SITE = { url: "rtmps://a.video.example/live2", key: "key-of-the-video-site", label: "Video site" };

describe("setRestreamTargets", () => {
  it("replaces all targets, and never shows their keys again", async () => {
    await using gateway = await createTestGateway();
    const { publishToken, userErrors } = await setTargets(gateway, "rehearsal", [
      VIDEO_SITE,
      { url: "srt://relay.example:9000?passphrase=hush-hush-hush", key: "key-of-the-relay", isEnabled: false },
    ]);
    expect(userErrors).toEqual([]);
    expect(publishToken).toEqual({
      label: "rehearsal",
      restreams: [
        { label: "Video site", url: "rtmps://a.video.example/live2", isEnabled: true },
        { label: null, url: "srt://relay.example:9000", isEnabled: false },
      ],
    });
    expect(tokenOf(gateway, "rehearsal")?.restream).toEqual([
      { ...VIDEO_SITE, enabled: true },
      {
        url: "srt://relay.example:9000?passphrase=hush-hush-hush",
        key: "key-of-the-relay",
        label: null,
        enabled: false,
      },
    ]);
    const log = await gateway.ask(
      '{ auditLog(first: 5, filter: { operation: "setRestreamTargets" }) { nodes { detail } } }',
    );
    const told = JSON.stringify(log.data) + gateway.logged();
    expect(told).toContain("a.video.example");
    expect(told).not.toMatch(/key-of-the|hush/);
  });

  it("keeps the key of a target that is sent without one, by the address that the graph shows", async () => {
    await using gateway = await createTestGateway();
    const withSecret = { url: "srt://relay.example:9000?passphrase=hush-hush-hush", key: "key-of-the-relay" };
    await setTargets(gateway, "rehearsal", [VIDEO_SITE, withSecret]);
    const { publishToken } = await setTargets(gateway, "rehearsal", [
      { url: VIDEO_SITE.url, label: "Renamed", isEnabled: false },
      { url: "srt://relay.example:9000" },
    ]);
    expect(publishToken?.restreams).toHaveLength(2);
    expect(tokenOf(gateway, "rehearsal")?.restream).toEqual([
      { url: VIDEO_SITE.url, key: VIDEO_SITE.key, label: "Renamed", enabled: false },
      { ...withSecret, label: null, enabled: true },
    ]);
    expect((await setTargets(gateway, "rehearsal", [])).publishToken?.restreams).toEqual([]);
  });

  it.each<[string, Target[], string, string]>([
    [
      "an eleventh",
      Array.from({ length: 11 }, (_, index) => ({ ...VIDEO_SITE, key: `stream-key-${index}` })),
      "LIMIT_EXCEEDED",
      "input.targets",
    ],
    ["a short key", [{ ...VIDEO_SITE, key: "four" }], "INVALID_INPUT", "input.targets.0.key"],
    ["a web address", [{ ...VIDEO_SITE, url: "https://a.example/live" }], "INVALID_INPUT", "input.targets.0.url"],
    [
      "no address",
      [{ ...VIDEO_SITE, url: "rtmp://user:pa/ss@a.example/live" }],
      "INVALID_INPUT",
      "input.targets.0.url",
    ],
    ["a long label", [{ ...VIDEO_SITE, label: "x".repeat(2049) }], "INVALID_INPUT", "input.targets.0.label"],
    ["the same twice", [VIDEO_SITE, VIDEO_SITE], "INVALID_INPUT", "input.targets.1"],
    ["no key for a new address", [{ url: VIDEO_SITE.url }], "INVALID_INPUT", "input.targets.0.key"],
  ])("refuses targets with %s before any change", async (_, targets, code, path) => {
    await using gateway = await createTestGateway();
    const { publishToken, userErrors } = await setTargets(gateway, "rehearsal", targets);
    expect(publishToken).toBeNull();
    expect(userErrors).toMatchObject([{ code, path: path.split(".") }]);
    expect(JSON.stringify(userErrors)).not.toContain(VIDEO_SITE.key);
    expect(gateway.sandbox.calls().filter(({ method }) => method !== "GET")).toEqual([]);
  });

  it("tells targets with one address apart by their labels, and otherwise requires their keys", async () => {
    await using gateway = await createTestGateway();
    const twins = ["one", "two"].map((label) => ({ url: VIDEO_SITE.url, key: `key-of-${label}`, label }));
    await setTargets(gateway, "rehearsal", twins);
    await setTargets(gateway, "rehearsal", [{ url: VIDEO_SITE.url, label: "two" }]);
    expect(tokenOf(gateway, "rehearsal")?.restream).toMatchObject([{ key: "key-of-two", label: "two" }]);
    await setTargets(gateway, "rehearsal", twins);
    const { userErrors } = await setTargets(gateway, "rehearsal", [{ url: VIDEO_SITE.url, label: "three" }]);
    expect(userErrors).toMatchObject([{ code: "INVALID_INPUT", path: ["input", "targets", "0", "key"] }]);
  });

  it("is refused for a partner, and without the scope", async () => {
    await using gateway = await createTestGateway();
    const { key } = await onboard(gateway, "meadow-tv", ["derby-final"]);
    const input = { publishToken: { tokenId: tokenOf(gateway, "derby-final")?.id }, targets: [VIDEO_SITE] };
    const { data, errors } = await gateway.as(key).ask(mutation, { input });
    expect(data).toEqual({ setRestreamTargets: null });
    expect(errors[0]?.extensions.code).toBe("FORBIDDEN");
  });
});

describe("syncRestreams", () => {
  it("applies new targets to running broadcasts, and does not interrupt unchanged ones", async () => {
    await using gateway = await createTestGateway();
    const before = await running(gateway, "derby-final");
    expect(before.map(({ label, isActive }) => [label, isActive])).toEqual([
      ["Social", true],
      ["Club site", true],
    ]);
    const kept = { url: "rtmp://ingest.club.example/app", label: "Club site" };
    await setTargets(gateway, "derby-final", [kept, VIDEO_SITE]);
    expect(await running(gateway, "derby-final")).toEqual(before);
    const { data } = await sync(gateway, "derby-final");
    expect(data).toEqual({ syncRestreams: { publishToken: { label: "derby-final" }, userErrors: [] } });
    const now = "2026-03-18T10:20:00.000Z";
    expect(await running(gateway, "derby-final")).toEqual([
      { ...before[0], isActive: false, endedAt: now },
      before[1],
      { label: "Video site", url: VIDEO_SITE.url, isActive: true, startedAt: now, endedAt: null, error: null },
    ]);
  });

  it("answers NOT_FOUND for a token that does not exist", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      "mutation { syncRestreams(input: { publishToken: { tokenId: 9 } }) { publishToken { label } userErrors { code path } } }",
    );
    expect(data).toEqual({
      syncRestreams: { publishToken: null, userErrors: [{ code: "NOT_FOUND", path: ["input", "publishToken"] }] },
    });
  });

  it("starts pushes that are metered in seconds and bytes, apart from viewers", async () => {
    await using gateway = await createTestGateway();
    const window = range("2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z");
    const { data } = await gateway.ask<{
      stream: { bandwidth: { total: { restream: { bytesOut: string; secondsUsed: string } } } };
    }>(
      `{ stream(by: { name: "derby-final" }) { bandwidth(window: ${window}) { total { restream { bytesOut secondsUsed } } } } }`,
    );
    const { bytesOut, secondsUsed } = data.stream.bandwidth.total.restream;
    const truth = gateway.sandbox.truth({ from: "2026-03-17", to: "2026-03-18", stream: "derby-final" });
    expect({ bytesOut: BigInt(bytesOut), secondsUsed: Number(secondsUsed) }).toEqual({
      bytesOut: BigInt(truth.restream.bytesOut),
      secondsUsed: Number(truth.restream.secondsUsed),
    });
    expect(BigInt(bytesOut)).toBeGreaterThan(0n);
  });
});
