import { describe, expect, it } from "vitest";
import { createTestGateway, range } from "../support/gateway.ts";

const YESTERDAY = range("2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z");

describe("a window", () => {
  it.each([
    ["upside down", range("2026-03-18T00:00:00Z", "2026-03-17T00:00:00Z"), "INVALID_WINDOW"],
    ["empty", range("2026-03-17T00:00:00Z", "2026-03-17T00:00:00Z"), "INVALID_WINDOW"],
    ["off the hour", range("2026-03-17T00:07:00Z", "2026-03-17T01:07:00Z"), "INVALID_WINDOW"],
    ["in the future", range("2026-03-19T00:00:00Z", "2026-03-20T00:00:00Z"), "INVALID_WINDOW"],
    ["of no time", '{ last: "PT0S" }', "INVALID_WINDOW"],
    ["of a negative time", '{ last: "-PT5H" }', "INVALID_WINDOW"],
    ["of no full hours", '{ last: "PT90M" }', "INVALID_WINDOW"],
  ])("%s is refused with a window that works, and nothing else on the page is lost", async (_what, window, code) => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask(
      `{ me { name } stream(by: { name: "derby-final" }) { name bad: bandwidth(window: ${window}) { total { bytesOut } }
           good: bandwidth(window: ${YESTERDAY}) { total { bytesOut } } } }`,
    );
    expect(data).toMatchObject({
      me: { name: "operator" },
      stream: { name: "derby-final", bad: null, good: { total: {} } },
    });
    expect(errors).toMatchObject([{ path: ["stream", "bad"], extensions: { code, argument: "window" } }]);
    const valid = errors[0]?.extensions["valid"] as { from: string; to: string } | undefined;
    if (!valid) return;
    const again = await gateway.ask(
      `{ account { usage(window: ${range(valid.from, valid.to)}) { total { bytesOut } } } }`,
    );
    expect(again.errors).toEqual([]);
  });

  it.each([
    ["of months and days", '{ last: "P1M2D" }', "window.last"],
    ["of a month that is none", '{ month: "2026-13" }', "window.month"],
    ["of a month in words", '{ month: "March" }', "window.month"],
  ])("%s is refused by its field", async (_what, window, argument) => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask(
      `{ account { accountId usage(window: ${window}) { total { bytesOut } } } }`,
    );
    expect(data).toEqual({ account: { accountId: "SYN4DX", usage: null } });
    expect(errors).toMatchObject([{ extensions: { code: "INVALID_INPUT", argument } }]);
  });

  it.each([
    [
      "hours of last month",
      range("2026-02-01T00:00:00Z", "2026-02-02T00:00:00Z"),
      "series(granularity: HOUR) { points { state } }",
    ],
    ["a part of a day of last month", range("2026-02-01T05:00:00Z", "2026-02-02T00:00:00Z"), "total { bytesOut }"],
    ["days of the year before last", range("2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"), "total { bytesOut }"],
    [
      "Berlin's days of last month",
      range("2026-02-01T00:00:00Z", "2026-02-10T00:00:00Z"),
      'series(granularity: DAY, timeZone: "Europe/Berlin") { points { state } }',
    ],
  ])("that asks for %s says what is kept, what was asked, and what works", async (_what, window, figure) => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask(
      `{ stream(by: { name: "derby-final" }) { name bandwidth(window: ${window}) { window { from } ${figure} } } }`,
    );
    expect(data).toMatchObject({ stream: { name: "derby-final", bandwidth: { window: {} } } });
    expect(errors).toMatchObject([
      {
        extensions: {
          code: "WINDOW_NOT_RETAINED",
          actual: { from: expect.any(String), to: expect.any(String) },
          limit: { hoursSince: "2026-03-11T11:00:00Z", daysSince: "2025-03-19T00:00:00Z" },
          valid: { from: expect.any(String), to: expect.any(String) },
        },
      },
    ]);
  });

  it("of hours, days or months has those that are over, and the one that is growing only on request", async () => {
    await using gateway = await createTestGateway();
    for (const [last, to] of [
      ["PT1H", "2026-03-18T10:00:00.000Z"],
      ["P1DT1H", "2026-03-18T10:00:00.000Z"],
      ["P1D", "2026-03-18T00:00:00.000Z"],
      ["P7D", "2026-03-18T00:00:00.000Z"],
      ["P8D", "2026-03-18T00:00:00.000Z"],
      ["P364D", "2026-03-18T00:00:00.000Z"],
      ["P1M", "2026-03-01T00:00:00.000Z"],
      ["P2Y", "2026-03-01T00:00:00.000Z"],
    ]) {
      const usage = (current: boolean) =>
        `usage(window: { last: "${last}" }, includeCurrent: ${current}) { window { to } total { bytesOut } }`;
      const { data, errors } = await gateway.ask(`{ account { over: ${usage(false)} growing: ${usage(true)} } }`);
      expect({ last, errors }).toEqual({ last, errors: [] });
      expect(data).toMatchObject({
        account: { over: { window: { to } }, growing: { window: { to: "2026-03-18T10:15:00.000Z" } } },
      });
    }
  });
});

describe("a document", () => {
  it.each([
    ["with an unknown field", '{ stream(by: { name: "x" }) { colour } }', "GRAPHQL_VALIDATION_FAILED"],
    ["with a wrong type", '{ streams(first: "five") { totalCount } }', "GRAPHQL_VALIDATION_FAILED"],
    ["with two fields of a one-of", '{ stream(by: { name: "x", id: "y" }) { name } }', "GRAPHQL_VALIDATION_FAILED"],
    ["that is none", "{ stream(", "GRAPHQL_PARSE_FAILED"],
  ])("%s is refused as a whole, with a code", async (_what, document, code) => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask(document);
    expect(data).toBeUndefined();
    expect(errors[0]?.extensions.code).toBe(code);
    expect(gateway.sandbox.calls()).toEqual([]);
  });

  it("with a wrong variable is refused by the variable's name, without its value", async () => {
    await using gateway = await createTestGateway();
    const secret = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const usage = (granularity: string) =>
      `{ account { usage(window: { last: "P1D" }) { series(granularity: ${granularity}) { freshUntil } } } }`;
    const wrong: [string, unknown][] = [
      ["query ($v: Int!) { streams(first: $v) { totalCount } }", secret],
      ["query ($v: DateTime!) { account { usage(window: { range: { from: $v, to: $v } }) { freshUntil } } }", secret],
      [`query ($v: Granularity!) ${usage("$v")}`, secret],
      ["query ($v: WindowInput!) { account { usage(window: $v) { freshUntil } } }", { last: "P1D", secret }],
      [
        "query ($v: WindowInput!) { account { usage(window: $v) { freshUntil } } }",
        { range: { from: secret, to: "x" } },
      ],
      ["query ($v: SubscribeTokenRef!) { subscribeToken(by: $v) { id } }", { tokenId: secret }],
    ];
    for (const [document, value] of wrong) {
      const { errors } = await gateway.ask(document, { v: value });
      expect(errors[0]?.extensions.code).toBe("INVALID_INPUT");
      expect(errors[0]?.message).toMatch(/^Variable "\$v" got an invalid value/);
      expect(JSON.stringify(errors)).not.toContain(secret);
    }
    expect(gateway.logged()).not.toContain(secret);
  });

  it.each([
    ["first: 101", "first"],
    ["first: -1", "first"],
    ["last: 500", "last"],
    ["first: 1, last: 1", "last"],
    ['after: "%%%"', "after"],
    ['before: "%%%"', "before"],
    ["last: -1", "last"],
  ])("that pages by %s is told which argument is wrong", async (args, argument) => {
    await using gateway = await createTestGateway();
    const { data, errors } = await gateway.ask(`{ me { name } streams(${args}) { totalCount } }`);
    expect(data).toEqual({ me: { name: "operator" }, streams: null });
    expect(errors).toMatchObject([{ extensions: { code: "INVALID_INPUT", argument } }]);
  });
});

describe("when the platform", () => {
  it("has no analytics, figures are null with a code and all the rest is served", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ path: "/api/analytics/*", status: 503 });
    const { data, errors } = await gateway.ask(
      `{ streams(first: 2) { nodes { name isLive bandwidth(window: ${YESTERDAY}) { window { from } total { bytesOut } series { points { state } } } } } }`,
    );
    expect(data).toMatchObject({
      streams: { nodes: [{ bandwidth: { total: null, series: null } }, { bandwidth: { total: null, series: null } }] },
    });
    expect(errors).toHaveLength(4);
    expect(errors[0]).toMatchObject({
      path: ["streams", "nodes", 0, "bandwidth", "total"],
      extensions: { code: "UPSTREAM_UNAVAILABLE", operation: "Analytics_StreamsTotal", upstreamStatus: 503 },
    });
  });

  it("fails one call of several, only that call's names are null", async () => {
    await using gateway = await createTestGateway({ sandbox: { bulk: 40 } });
    await gateway.ask("{ streams { totalCount } }");
    // A longer wait than any call may take, so that it is not tried again.
    const headers = { "retry-after": "600" };
    gateway.sandbox.fault({ path: "/api/analytics/streams/total", status: 429, headers, times: 1 });
    const { data, errors } = await gateway.ask<{ streams: { nodes: { bandwidth: { total: object | null } }[] } }>(
      `{ streams(first: 50) { nodes { name bandwidth(window: ${YESTERDAY}) { total { bytesOut } } } } }`,
    );
    expect(data.streams.nodes.filter(({ bandwidth }) => bandwidth.total === null)).toHaveLength(10);
    expect(errors).toHaveLength(10);
  });

  it.each([
    [{ status: 429, headers: { "retry-after": "3" } }, "UPSTREAM_RATE_LIMITED"],
    [{ status: 500 }, "UPSTREAM_UNAVAILABLE"],
    [{ drop: "before" }, "UPSTREAM_UNAVAILABLE"],
    [{ truncate: true }, "UPSTREAM_UNAVAILABLE"],
    [{ latencyMs: 1_000 }, "UPSTREAM_TIMEOUT"],
  ] as const)("fails by %j, the field's code is %s", async (fault, code) => {
    await using gateway = await createTestGateway({ isTimingSet: true });
    await gateway.ask("{ account { accountId } }");
    gateway.sandbox.fault({ path: "/api/analytics/account/total", ...fault });
    const { data, errors } = await gateway.ask(
      `{ account { accountId usage(window: ${YESTERDAY}) { total { bytesOut } } } }`,
    );
    expect(data).toEqual({ account: { accountId: "SYN4DX", usage: { total: null } } });
    expect(errors[0]?.extensions.code).toBe(code);
  });

  it("does not take our secret, the code says whose fault it is", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ path: "/api/*", status: 401 });
    const { data, errors } = await gateway.ask("{ me { name } account { accountId } publishTokens { totalCount } }");
    expect(data).toEqual({ me: { name: "operator" }, account: null, publishTokens: null });
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(["UPSTREAM_UNAUTHORIZED", "UPSTREAM_UNAUTHORIZED"]);
  });

  it("was down at the first query, the next one finds it again", async () => {
    await using gateway = await createTestGateway();
    gateway.sandbox.fault({ path: "/api/publish_token/list", status: 503 });
    const down = await gateway.ask("{ publishTokens { totalCount } }");
    expect(down.errors[0]?.extensions.code).toBe("UPSTREAM_UNAVAILABLE");
    gateway.sandbox.clearFaults();
    gateway.sandbox.clock.advance(1_000);
    expect((await gateway.ask("{ publishTokens { totalCount } }")).data).toEqual({ publishTokens: { totalCount: 22 } });
  });
});
