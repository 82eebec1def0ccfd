import { describe, expect, it } from "vitest";
import { createTestGateway, type TestGateway } from "../support/gateway.ts";

/** Starts a feed of a stream with its own token. @returns the feed's id */
function publish(
  gateway: TestGateway,
  streamName: string,
  feed: { priority?: number; sourceId?: string } = {},
): string {
  const token = gateway.sandbox.tokens.publish().find(({ label }) => label === streamName)?.token ?? "";
  const started = gateway.sandbox.startFeed({ token, streamName, ...feed });
  if (!started.ok) throw new Error(started.message);
  return started.feedId;
}

interface Standing {
  readonly stream: {
    readonly activeFeed: { readonly feedId: string } | null;
    readonly standbyFeeds: readonly { readonly feedId: string }[];
  };
}

async function standing(gateway: TestGateway, name: string, source = ""): Promise<(string | undefined)[]> {
  const { data } = await gateway.ask<Standing>(
    `{ stream(by: { name: "${name}" }) { activeFeed${source} { feedId } standbyFeeds${source} { feedId } } }`,
  );
  const { activeFeed, standbyFeeds } = data.stream;
  return [activeFeed?.feedId, ...standbyFeeds.map(({ feedId }) => feedId)];
}

const reprioritize = (fields: string) =>
  `mutation { reprioritizeStream(input: { ${fields} }) {
     stream { name } publishToken { label priority } stoppingLevel userErrors { __typename code message path } } }`;

describe("Stream.activeFeed and standbyFeeds", () => {
  it("are ordered by priority, with the newest first among equal ones", async () => {
    await using gateway = await createTestGateway();
    const unset = publish(gateway, "rehearsal");
    gateway.sandbox.clock.advance(1_000);
    const older = publish(gateway, "rehearsal", { priority: 5 });
    gateway.sandbox.clock.advance(1_000);
    const newer = publish(gateway, "rehearsal", { priority: 5 });
    const negative = publish(gateway, "rehearsal", { priority: -1 });
    expect(await standing(gateway, "rehearsal")).toEqual([newer, older, negative, unset]);
    gateway.sandbox.stopFeed(newer);
    expect(await standing(gateway, "rehearsal")).toEqual([older, negative, unset]);
  });

  it("are separate for each source, and default to the main one", async () => {
    await using gateway = await createTestGateway();
    const main = publish(gateway, "rehearsal");
    const side = publish(gateway, "rehearsal", { sourceId: "side", priority: 9 });
    expect(await standing(gateway, "rehearsal")).toEqual([main]);
    expect(await standing(gateway, "rehearsal", '(sourceId: "side")')).toEqual([side]);
    expect(await standing(gateway, "rehearsal", '(sourceId: "nowhere")')).toEqual([undefined]);
  });

  it("of a page of streams are read in one page of monitoring", async () => {
    await using gateway = await createTestGateway({ sandbox: { bulk: 40 } });
    await gateway.ask("{ publishTokens { totalCount } }");
    gateway.sandbox.clearCalls();
    const { errors } = await gateway.ask(
      "{ streams(first: 50) { nodes { name activeFeed { feedId } standbyFeeds { feedId } feeds { isActive } } } }",
    );
    expect(errors).toEqual([]);
    expect(gateway.sandbox.calls().map(({ operationId }) => operationId)).toEqual([
      "Monitoring_ListStreamSummary",
      "Monitoring_ListRecentStreams",
    ]);
  });
});

describe("Mutation.reprioritizeStream", () => {
  it("moves the feeds of the token as soon as their encoders have reconnected", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(reprioritize('stream: { name: "derby-final" }, priority: 7'));
    expect(data).toEqual({
      reprioritizeStream: {
        stream: { name: "derby-final" },
        publishToken: { label: "derby-final", priority: 7 },
        stoppingLevel: "TOKEN",
        userErrors: [],
      },
    });
    gateway.sandbox.clock.advance(5_000);
    const { data: after } = await gateway.ask(
      '{ stream(by: { name: "derby-final" }) { activeFeed { priority } publishTokens { nodes { priority } } } }',
    );
    expect(after).toEqual({
      stream: { activeFeed: { priority: 7 }, publishTokens: { nodes: [{ priority: 7 }] } },
    });
  });

  it("applies from the next broadcast on if nothing is live", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(reprioritize('stream: { name: "rehearsal" }, priority: 3'));
    expect(data).toMatchObject({ reprioritizeStream: { stoppingLevel: "NONE", publishToken: { priority: 3 } } });
  });

  it("is rejected in the platform's words for a live feed that set its own priority", async () => {
    await using gateway = await createTestGateway();
    publish(gateway, "rehearsal", { priority: 4 });
    const { data } = await gateway.ask(reprioritize('stream: { name: "rehearsal" }, priority: 9'));
    expect(data).toEqual({
      reprioritizeStream: {
        stream: null,
        publishToken: null,
        stoppingLevel: null,
        userErrors: [
          {
            __typename: "UpstreamError",
            code: "UPSTREAM_REJECTED",
            message:
              "The platform refused: The stream was published with a priority of its own, which cannot be changed.",
            path: null,
          },
        ],
      },
    });
  });

  it.each([
    ["a token of other streams, unless they may be interrupted", "arena-cam1", "", "CONFLICT", "restartsOtherStreams"],
    ["a token of another stream", "rehearsal", "publishToken: { tokenId: 1001 }", "INVALID_INPUT", "publishToken"],
    ["a token that there is not", "rehearsal", "publishToken: { tokenId: 9 }", "NOT_FOUND", "publishToken"],
  ])("is rejected before any call for %s", async (_, name, fields, code, argument) => {
    await using gateway = await createTestGateway();
    await gateway.ask("{ publishTokens { totalCount } }");
    gateway.sandbox.clearCalls();
    const { data } = await gateway.ask(reprioritize(`stream: { name: "${name}" }, priority: 1, ${fields}`));
    expect(data).toMatchObject({ reprioritizeStream: { userErrors: [{ code, path: ["input", argument] }] } });
    expect(gateway.sandbox.calls().filter(({ method }) => method !== "GET")).toEqual([]);
  });

  it("needs a token if several publish the stream", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask(
      `mutation { createPublishToken(input: { idempotencyKey: "b", label: "backup", streams: [{ pattern: "rehearsal" }] }) { userErrors { code } } }`,
    );
    const { data } = await gateway.ask(reprioritize('stream: { name: "rehearsal" }, priority: 1'));
    expect(data).toMatchObject({
      reprioritizeStream: { userErrors: [{ code: "CONFLICT", path: ["input", "publishToken"] }] },
    });
    const backup = gateway.sandbox.tokens.publish().find(({ label }) => label === "backup");
    const { data: told } = await gateway.ask(
      reprioritize(`stream: { name: "rehearsal" }, publishToken: { tokenId: ${backup?.id} }, priority: 1`),
    );
    expect(told).toMatchObject({ reprioritizeStream: { publishToken: { label: "backup", priority: 1 } } });
  });

  it("of a pattern's stream interrupts the others only if that is allowed", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      reprioritize('stream: { name: "popup-kiosk" }, priority: 2, restartsOtherStreams: true'),
    );
    expect(data).toMatchObject({ reprioritizeStream: { stoppingLevel: "TOKEN", userErrors: [] } });
  });
});

describe("Feed.tracks", () => {
  const tracks =
    "feeds { tracks { trackId qualities { encodingId width height videoCodec audioCodec videoBitrate } } }";

  it("of one stream are read with the stream, in one call", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask("{ publishTokens { totalCount } }");
    gateway.sandbox.clearCalls();
    const { data } = await gateway.ask(`{ stream(by: { name: "derby-final" }) { ${tracks} } }`);
    expect(data).toMatchObject({
      stream: {
        feeds: [
          {
            tracks: [
              {
                qualities: [
                  {
                    encodingId: "0",
                    width: 1920,
                    height: 1080,
                    videoCodec: "h264",
                    audioCodec: "opus",
                    videoBitrate: 12e6,
                  },
                ],
              },
            ],
          },
        ],
      },
    });
    expect(gateway.sandbox.calls().map(({ operationId }) => operationId)).toEqual(["Monitoring_GetStream"]);
  });

  it("of a list take a call for each stream, and only for the selected ones", async () => {
    await using gateway = await createTestGateway();
    await gateway.ask("{ publishTokens { totalCount } }");
    gateway.sandbox.clearCalls();
    const { errors } = await gateway.ask(`{ streams(first: 2, filter: { isLive: true }) { nodes { ${tracks} } } }`);
    expect(errors).toEqual([]);
    const calls = gateway.sandbox.calls().map(({ operationId }) => operationId);
    expect(calls.filter((operation) => operation === "Monitoring_GetStream")).toHaveLength(2);
  });
});
