import { describe, expect, it } from "vitest";
import { createTestGateway, range, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

interface Made {
  readonly transcoder: { readonly id: string; readonly transcoderId: string; readonly status: string } | null;
  readonly userErrors: readonly { readonly code: string; readonly message: string; readonly path: string[] | null }[];
}

const ERRORS = "userErrors { __typename code message path }";

async function create(gateway: TestGateway, fields = "", key = "k"): Promise<Made> {
  const { data, errors } = await gateway.ask<{ createTranscoder: Made }>(
    `mutation { createTranscoder(input: { idempotencyKey: "${key}", name: "studio", clusterId: "lon-1", ${fields || "height: 1080, frameRate: 29.97"} }) {
       transcoder { id transcoderId status } ${ERRORS} } }`,
  );
  expect(errors).toEqual([]);
  return data.createTranscoder;
}

async function names(gateway: TestGateway, args = ""): Promise<string[]> {
  const { data } = await gateway.ask<{ transcoders: { nodes: { name: string }[] } }>(
    `{ transcoders${args} { nodes { name } } }`,
  );
  return data.transcoders.nodes.map(({ name }) => name);
}

const calls = (gateway: TestGateway) => gateway.sandbox.calls().map(({ operationId }) => operationId);

describe("Query.transcoders", () => {
  it("lists transcoders oldest first, by status, cluster and name", async () => {
    await using gateway = await createTestGateway();
    expect(await names(gateway)).toEqual(["arena-main", "marathon"]);
    expect(await names(gateway, "(filter: { statuses: [ACTIVE] })")).toEqual(["arena-main"]);
    expect(await names(gateway, '(filter: { clusterId: "iad-1", nameContains: "MARA" })')).toEqual(["marathon"]);
    expect(await names(gateway, "(filter: { statuses: [DELETED] })")).toEqual([]);
    expect(await names(gateway, "(last: 1)")).toEqual(["marathon"]);
  });

  it("returns their output, their cluster and their status", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask(
      `{ transcoders(first: 1) { totalCount nodes { name status clusterId cluster { canTranscode } host endedAt
           profile { profileId height frameRate isPassThrough layers { height width frameRate codec bitsPerSecond } } } } }`,
    );
    expect(data).toMatchObject({
      transcoders: {
        totalCount: 2,
        nodes: [
          {
            name: "arena-main",
            status: "ACTIVE",
            clusterId: "phx-1",
            cluster: { canTranscode: true },
            host: "arena-main-syn4dx.transcoder.millicast.com",
            endedAt: null,
            profile: { profileId: "1080p30", height: 1080, frameRate: 30, isPassThrough: false },
          },
        ],
      },
    });
    const [{ profile }] = (data as unknown as { transcoders: { nodes: [{ profile: { layers: object[] } }] } })
      .transcoders.nodes;
    expect(profile.layers[0]).toEqual({
      height: 1080,
      width: 1920,
      frameRate: 30,
      codec: "h264",
      bitsPerSecond: 5_000_000,
    });
  });

  it("reads a hundred in one call, whatever is selected", async () => {
    await using gateway = await createTestGateway();
    const usage = 'usage(window: { last: "P7D" }) { minutesUsed }';
    await gateway.ask(`{ a: transcoders { nodes { name ${usage} } } b: transcoders(filter: { statuses: [ACTIVE] }) { nodes { id ${usage} } }
      account { transcoderUsage(window: { last: "P7D" }) { minutesUsed days { minutesUsed } } } }`);
    expect(calls(gateway).sort()).toEqual([
      "Account_GetAccountInfo",
      "Analytics_GetSeriesTranscoderMinutesForAccount",
      "Transcoder_ListTranscoders",
    ]);
  });

  it("finds one by a call of its own, and several by the list", async () => {
    await using gateway = await createTestGateway();
    const { data } = await gateway.ask<{ transcoders: { nodes: { id: string }[] } }>(
      "{ transcoders { nodes { id } } }",
    );
    const ids = data.transcoders.nodes.map(({ id }) => id);
    gateway.sandbox.clearCalls();
    const one = await gateway.ask(`{ transcoder(by: { id: "${ids[0]}" }) { name } }`);
    expect(one.data).toEqual({ transcoder: { name: "arena-main" } });
    const both = await gateway.ask(`{ nodes(ids: ${JSON.stringify(ids)}) { ... on Transcoder { name } } }`);
    expect(both.data).toEqual({ nodes: [{ name: "arena-main" }, { name: "marathon" }] });
    expect(calls(gateway)).toEqual(["Transcoder_GetTranscoder", "Transcoder_ListTranscoders"]);
    for (const ref of ['transcoderId: "none"', 'transcoderId: "../account/info"', 'id: "bm9uZQ"']) {
      const { errors } = await gateway.ask(`{ transcoder(by: { ${ref} }) { name } }`);
      expect(errors).toMatchObject([{ extensions: { code: "NOT_FOUND", argument: "by" } }]);
    }
  });

  it("rejects partners, and shows the ingest only to keys that may reveal secrets", async () => {
    await using gateway = await createTestGateway();
    const { key } = await onboard(gateway, "meadow-tv", ["derby-final"]);
    const { data: list } = await gateway.ask<{ transcoders: { nodes: { id: string }[] } }>(
      "{ transcoders { nodes { id } } }",
    );
    const partner = gateway.as(key);
    const { errors } = await partner.ask("{ transcoders { nodes { name } } }");
    expect(errors[0]?.extensions.code).toBe("FORBIDDEN");
    const { errors: hidden } = await partner.ask(`{ node(id: "${list.transcoders.nodes[0]?.id}") { id } }`);
    expect(hidden[0]?.extensions.code).toBe("NOT_FOUND");
    const { data } = await gateway.ask(
      "{ transcoders(first: 1) { nodes { ingest { rtmpServer rtmpsServer srtServer } } } }",
    );
    const host = "arena-main-syn4dx.transcoder.millicast.com";
    expect(data).toEqual({
      transcoders: {
        nodes: [
          {
            ingest: {
              rtmpServer: `rtmp://${host}:1935/v2/pub`,
              rtmpsServer: `rtmps://${host}:443/v2/pub`,
              srtServer: `srt://${host}:10000`,
            },
          },
        ],
      },
    });
    const log = await gateway.ask('{ auditLog(first: 1, filter: { operation: "reveal" }) { nodes { detail } } }');
    expect(log.data).toEqual({ auditLog: { nodes: [{ detail: '{"field":"ingest"}' }] } });
  });
});

describe("TranscoderUsage", () => {
  it("counts whole UTC days, of each transcoder and of all", async () => {
    await using gateway = await createTestGateway();
    const window = range("2026-03-14T05:00:00Z", "2026-03-17T05:00:00Z");
    const fields = "window { from to } freshUntil minutesUsed days { date minutesUsed }";
    const { data } = await gateway.ask(
      `{ transcoders { nodes { usage(window: ${window}) { ${fields} } } } account { transcoderUsage(window: ${window}) { ${fields} } } }`,
    );
    const told = {
      window: { from: "2026-03-14T00:00:00.000Z", to: "2026-03-18T00:00:00.000Z" },
      freshUntil: "2026-03-18T00:00:00.000Z",
    };
    const days = (...minutes: [string, number][]) =>
      minutes.map(([day, minutesUsed]) => ({ date: `2026-03-${day}T00:00:00.000Z`, minutesUsed }));
    // The seed's second one ran for eight hours, but for the 65 s until it was active.
    expect(data).toEqual({
      transcoders: {
        nodes: [
          { usage: { ...told, minutesUsed: 5760, days: days(["14", 1440], ["15", 1440], ["16", 1440], ["17", 1440]) } },
          { usage: { ...told, minutesUsed: 479, days: days(["15", 479]) } },
        ],
      },
      account: {
        transcoderUsage: {
          ...told,
          minutesUsed: 6239,
          days: days(["14", 1440], ["15", 1919], ["16", 1440], ["17", 1440]),
        },
      },
    });
  });

  it("is rejected for a time that is no longer retained, and the transcoders are served nevertheless", async () => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask(
      `{ transcoders(first: 1) { nodes { name usage(window: ${range("2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z")}) { minutesUsed } } } }`,
    );
    expect(data).toEqual({ transcoders: { nodes: [{ name: "arena-main", usage: { minutesUsed: null } }] } });
    expect(errors[0]?.extensions.code).toBe("WINDOW_NOT_RETAINED");
  });
});

describe("Mutation.createTranscoder", () => {
  it("creates a transcoder that starts at once if requested", async () => {
    await using gateway = await createTestGateway();
    const { transcoder, userErrors } = await create(
      gateway,
      'profileId: "720p60", dnsPrefix: "studio", startsNow: true',
    );
    expect(userErrors).toEqual([]);
    expect(transcoder).toMatchObject({ status: "QUEUED" });
    gateway.sandbox.clock.advance(65_000);
    const { data } = await gateway.ask(
      `{ transcoder(by: { id: "${transcoder?.id}" }) { status host profile { height frameRate } } }`,
    );
    expect(data).toEqual({
      transcoder: {
        status: "ACTIVE",
        host: "studio-syn4dx.transcoder.millicast.com",
        profile: { height: 720, frameRate: 60 },
      },
    });
  });

  it("creates one for each key, also after a lost response", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ method: "POST", path: "/api/transcoders", drop: "after", times: 1 });
    const first = await create(gateway);
    expect(first.userErrors).toEqual([]);
    const again = await create(gateway);
    expect(again.transcoder).toEqual(first.transcoder);
    expect(await names(gateway)).toEqual(["arena-main", "marathon", "studio"]);
    const other = await create(gateway, "height: 720, frameRate: 30");
    expect(other.userErrors).toMatchObject([{ code: "IDEMPOTENCY_MISMATCH" }]);
    const { transcoder: second } = await create(gateway, "", "another");
    expect(second?.id).not.toBe(first.transcoder?.id);
  });

  it.each([
    ["a cluster that does not transcode", 'clusterId: "sgp-1", profileId: "720p30"', "INVALID_INPUT", "clusterId"],
    ["no cluster of the account", 'clusterId: "ams-1", profileId: "720p30"', "CLUSTER_UNKNOWN", "clusterId"],
    ["a frame rate of its own", "height: 720, frameRate: 31", "INVALID_INPUT", "frameRate"],
    ["nothing to make", "startsNow: true", "INVALID_INPUT", "height"],
    ["half of what to make", "height: 720", "INVALID_INPUT", "frameRate"],
    ["a profile and a height", 'profileId: "720p30", height: 720', "INVALID_INPUT", "height"],
    ["an underscore in its prefix", 'profileId: "720p30", dnsPrefix: "a_b"', "INVALID_INPUT", "dnsPrefix"],
  ])("is rejected before any change for %s", async (_, fields, code, argument) => {
    await using gateway = await createTestGateway();
    const cluster = fields.includes("clusterId") ? "" : 'clusterId: "lon-1",';
    const { data } = await gateway.ask<{ createTranscoder: Made }>(
      `mutation { createTranscoder(input: { idempotencyKey: "k", name: "studio", ${cluster} ${fields} }) { transcoder { id } ${ERRORS} } }`,
    );
    expect(data.createTranscoder).toMatchObject({
      transcoder: null,
      userErrors: [{ code, path: ["input", argument] }],
    });
    expect(calls(gateway).filter((operation) => operation?.startsWith("Transcoder_"))).toEqual([]);
  });

  it("passes on errors of the platform: a prefix in use, an unknown profile", async () => {
    await using gateway = await createTestGateway();
    const taken = await create(gateway, 'profileId: "720p30", dnsPrefix: "arena-main"');
    expect(taken.userErrors).toMatchObject([
      { code: "UPSTREAM_REJECTED", message: expect.stringContaining("is taken") },
    ]);
    const unknown = await create(gateway, 'profileId: "8000p30"', "another");
    expect(unknown.userErrors).toMatchObject([{ message: expect.stringContaining("No transcoder profile") }]);
  });
});

describe("Mutation.updateTranscoder and deleteTranscoder", () => {
  const update = (gateway: TestGateway, id: string | undefined, fields: string) =>
    gateway.ask<{ updateTranscoder: Made }>(
      `mutation { updateTranscoder(input: { transcoder: { id: "${id}" }, ${fields} }) {
         transcoder { id transcoderId status name clusterId profile { profileId } } ${ERRORS} } }`,
    );

  it("change a running transcoder, except its cluster and prefix", async () => {
    await using gateway = await createTestGateway();
    const { transcoder } = await create(gateway, 'profileId: "720p60", startsNow: true');
    const renamed = await update(gateway, transcoder?.id, 'name: "stage", height: 1080, frameRate: 50');
    expect(renamed.data.updateTranscoder).toMatchObject({
      transcoder: { name: "stage", profile: { profileId: "1080p50" } },
      userErrors: [],
    });
    const moved = await update(gateway, transcoder?.id, 'clusterId: "fra-1"');
    expect(moved.data.updateTranscoder).toMatchObject({
      transcoder: null,
      userErrors: [{ code: "UPSTREAM_REJECTED", message: expect.stringContaining("Shutdown") }],
    });
    const { transcoder: idle } = await create(gateway, "", "idle");
    const { data } = await update(gateway, idle?.id, 'clusterId: "fra-1", dnsPrefix: "idle"');
    expect(data.updateTranscoder).toMatchObject({ transcoder: { clusterId: "fra-1" }, userErrors: [] });
  });

  it("reject an empty change, and an unknown transcoder", async () => {
    await using gateway = await createTestGateway();
    const { data } = await update(gateway, "bm9uZQ", "");
    expect(data.updateTranscoder.userErrors).toMatchObject([{ code: "INVALID_INPUT", path: ["input"] }]);
    const { data: missing } = await update(gateway, "bm9uZQ", 'name: "x"');
    expect(missing.updateTranscoder.userErrors).toMatchObject([{ code: "NOT_FOUND", path: ["input", "transcoder"] }]);
  });

  it("delete a transcoder once, also after a lost response", async () => {
    await using gateway = await createTestGateway();
    const { transcoder } = await create(gateway, 'profileId: "720p60", startsNow: true');
    const remove = async () => {
      const { data } = await gateway.ask<{ deleteTranscoder: { deletedId: string | null; userErrors: object[] } }>(
        `mutation { deleteTranscoder(input: { transcoder: { id: "${transcoder?.id}" } }) { deletedId ${ERRORS} } }`,
      );
      return data.deleteTranscoder;
    };
    gateway.sandbox.fault({ method: "DELETE", path: "/api/transcoders/*", drop: "after", times: 1 });
    expect(await remove()).toEqual({ deletedId: transcoder?.id, userErrors: [] });
    expect(await remove()).toMatchObject({
      deletedId: null,
      userErrors: [{ code: "CONFLICT", path: ["input", "transcoder"] }],
    });
    gateway.sandbox.clock.advance(15_000);
    expect(await names(gateway)).toEqual(["arena-main", "marathon"]);
    expect(await names(gateway, "(filter: { statuses: [DELETED] })")).toEqual(["studio"]);
  });

  it("need the scope transcoder:write", async () => {
    await using gateway = await createTestGateway({ scopes: ["stream:read", "stream:control"] });
    const { data, errors } = await gateway.ask(
      'mutation { createTranscoder(input: { idempotencyKey: "k", name: "studio", clusterId: "lon-1", profileId: "720p30" }) { transcoder { id } } }',
    );
    expect(data).toEqual({ createTranscoder: null });
    expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN", scope: "transcoder:write" } }]);
  });
});
