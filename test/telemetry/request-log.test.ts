import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/model/secret.ts";
import { createLogger } from "../../src/telemetry/logger.ts";
import { createRequestLog } from "../../src/telemetry/request-log.ts";
import { createRequestRecord } from "../../src/telemetry/request-record.ts";
import { createTestGateway, graphqlRequest, range, type TestGateway } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";
import { API_SECRET, TOKEN } from "../support/platform.ts";

const WINDOW = range("2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z");

/** The lines about requests, without their times. */
function linesOf({ logged }: Pick<TestGateway, "logged">): Record<string, unknown>[] {
  const lines = logged().split("\n").filter(Boolean);
  return lines
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ msg }) => msg === "request" || msg === "slow request");
}

describe("request log: a line", () => {
  it("has the caller, the operation, its cost and its outcome", async () => {
    await using gateway = await createTestGateway();
    const { extensions } = await gateway.ask(
      `query Usage { stream(by: { name: "derby-final" }) { bandwidth(window: ${WINDOW}) { total { bytesOut } } } }`,
    );
    const { requested } = extensions["cost"] as { requested: number };
    expect(linesOf(gateway)).toMatchObject([
      {
        level: 30,
        requestId: expect.stringMatching(/^[\da-f-]{36}$/),
        principalId: "operator",
        role: "OPERATOR",
        operation: "Usage",
        kind: "query",
        status: 200,
        errors: [],
        cost: requested,
        upstreamCalls: 1,
        durationMs: expect.any(Number),
      },
    ]);
  });

  it("counts the questions that were put to the platform for it, reads and writes, and not what others read", async () => {
    await using gateway = await createTestGateway();
    const page = `{ streams(first: 25) { nodes { isLive bandwidth(window: ${WINDOW}) { total { bytesOut } } } } }`;
    await gateway.ask("{ subscribeTokens { totalCount } }");
    gateway.sandbox.clearCalls();
    // The list of live streams is read for all, as the tokens are.
    const own = () => gateway.sandbox.calls().filter(({ path }) => !path.startsWith("/api/monitoring/")).length;
    await gateway.ask(page);
    const read = own();
    await gateway.ask(page);
    const again = own() - read;
    await gateway.ask(
      `mutation { createSubscribeToken(input: { idempotencyKey: "a", label: "a", streams: [{ pattern: "a" }] }) { userErrors { code } } }`,
    );
    const lines = linesOf(gateway).slice(1);
    expect(read).toBeGreaterThan(1);
    expect(lines.map(({ upstreamCalls }) => upstreamCalls)).toEqual([read, again, own() - read - again]);
  });

  it("is written for rejected requests, whoever sent them", async () => {
    await using gateway = await createTestGateway();
    await gateway.as("sgk_of-nobody").ask("{ me { name } }");
    await gateway.ask("{ nothing nothing }");
    expect(linesOf(gateway)).toMatchObject([
      { principalId: null, role: null, operation: null, kind: null, status: 401, errors: ["UNAUTHENTICATED"], cost: 0 },
      { principalId: "operator", operation: null, kind: null, errors: ["GRAPHQL_VALIDATION_FAILED"], cost: 0 },
    ]);
  });

  it("contains no argument and no secret, and names a partner only by its key's id", async () => {
    await using gateway = await createTestGateway();
    const partner = await onboard(gateway, "canary-partner", ["canary-stream"]);
    await gateway
      .as(partner.key)
      .ask("query Mine($name: String!) { stream(by: { name: $name }) { name } }", { name: "canary-stream" });
    expect(linesOf(gateway).at(-1)).toMatchObject({ principalId: expect.stringMatching(/^key:/), role: "PARTNER" });
    for (const hidden of ["canary", partner.key, ...partner.secrets]) expect(gateway.logged()).not.toContain(hidden);
  });

  it("has every secret cut out, whatever field it came into", () => {
    const written: string[] = [];
    const log = createRequestLog(
      createLogger("info", [new Secret(API_SECRET)], { write: (line) => void written.push(line) }),
      1,
    );
    const caller = { principalId: `idp:${API_SECRET}`, role: "ANALYST" } as const;
    log({ ...createRequestRecord("a"), caller, operation: { name: TOKEN, kind: "query" } }, 200, 1);
    expect(written.join("")).toContain("idp:[secret]");
    for (const secret of [API_SECRET, TOKEN]) expect(written.join("")).not.toContain(secret);
  });

  it("is not written where only what is more severe is logged, and a slow request is", () => {
    const written: string[] = [];
    const logger = pino({ level: "warn" }, { write: (line: string) => void written.push(line) });
    const log = createRequestLog(logger, 1_000);
    log(createRequestRecord("a"), 200, 1_000);
    log(createRequestRecord("b"), 200, 1_000.5);
    expect(written.map((line) => JSON.parse(line))).toMatchObject([
      { level: 40, requestId: "b", msg: "slow request", durationMs: 1_000.5 },
    ]);
  });
});

describe("request log: the request id", () => {
  const idOf = async (given?: string) => {
    await using gateway = await createTestGateway();
    const headers = given === undefined ? {} : { "x-request-id": given };
    const { headers: answered } = await gateway.gateway.fetch(graphqlRequest({ query: "{ me { name } }" }, headers));
    expect(linesOf(gateway)).toMatchObject([{ requestId: answered.get("x-request-id") }]);
    return answered.get("x-request-id");
  };

  it("is the one that the client gave, and comes back", async () => {
    expect(await idOf("req-4711.a")).toBe("req-4711.a");
  });

  it("is a new one if none was given, or if the given one is unfit for a log", async () => {
    const ids = await Promise.all([undefined, "a".repeat(101), "a b", '"},{"', TOKEN].map(idOf));
    for (const id of ids) expect(id).toMatch(/^[\da-f]{8}-[\da-f-]{27}$/);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("request log: a log that fails", () => {
  it("fails no request", async () => {
    const write = () => {
      throw new Error("no space is left");
    };
    await using gateway = await createTestGateway({ gateway: { logger: pino({ level: "info" }, { write }) } });
    expect(await gateway.ask("{ __typename }")).toMatchObject({ status: 200, data: { __typename: "Query" } });
  });
});
