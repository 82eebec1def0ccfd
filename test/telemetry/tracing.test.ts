import { AsyncLocalStorage } from "node:async_hooks";
import * as api from "@opentelemetry/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createOtelTracing } from "../../src/telemetry/tracing.ts";
import { createTestGateway, graphqlRequest, OPERATOR_KEY, range } from "../support/gateway.ts";
import { onboard } from "../support/partners.ts";

/** A span as it was ended. */
interface Ended {
  readonly name: string;
  readonly kind: api.SpanKind;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | undefined;
  readonly attributes: Record<string, unknown>;
  readonly isError: boolean;
  readonly durationMs: number;
}

const TRACE = "0af7651916cd43dd8448eb211c80319c";
let ended: Ended[] = [];

/** What an SDK does: keeps spans, carries the context through what is asynchronous, reads `traceparent`. */
function registerSdk(): void {
  let made = 0;
  const id = (digits: number) => {
    made += 1;
    return String(made).padStart(digits, "0");
  };
  const startSpan: api.Tracer["startSpan"] = (first, options = {}, parent = api.context.active()) => {
    const above = api.trace.getSpanContext(parent);
    const spanContext = { traceId: above?.traceId ?? id(32), spanId: id(16), traceFlags: 1 };
    const attributes: Record<string, unknown> = { ...options.attributes };
    const begin = Number(options.startTime ?? Date.now());
    let name = first;
    let isError = false;
    const span = {
      spanContext: () => spanContext,
      setAttribute: (key: string, value: unknown) => {
        attributes[key] = value;
        return span;
      },
      setAttributes: (values: object) => {
        Object.assign(attributes, values);
        return span;
      },
      setStatus: ({ code }: api.SpanStatus) => {
        isError = code === api.SpanStatusCode.ERROR;
        return span;
      },
      updateName: (other: string) => {
        name = other;
        return span;
      },
      end: (at?: api.TimeInput) => {
        const kind = options.kind ?? api.SpanKind.INTERNAL;
        const durationMs = Number(at ?? Date.now()) - begin;
        ended.push({ name, kind, ...spanContext, parentId: above?.spanId, attributes, isError, durationMs });
      },
    } as unknown as api.Span;
    return span;
  };
  const tracer = { startSpan } as unknown as api.Tracer;
  api.trace.setGlobalTracerProvider({ getTracer: () => tracer });
  const storage = new AsyncLocalStorage<api.Context>();
  const manager: api.ContextManager = {
    active: () => storage.getStore() ?? api.ROOT_CONTEXT,
    with: (context, work, self, ...args) => storage.run(context, () => work.call(self as never, ...args)),
    bind: (_context, target) => target,
    enable: () => manager,
    disable: () => manager,
  };
  api.context.setGlobalContextManager(manager);
  api.propagation.setGlobalPropagator({
    inject: () => undefined,
    fields: () => ["traceparent"],
    extract: (context, carrier, { get }) => {
      const [, traceId, spanId] = String(get(carrier, "traceparent") ?? "").split("-");
      return traceId && spanId ? api.trace.setSpanContext(context, { traceId, spanId, traceFlags: 1 }) : context;
    },
  });
}

beforeEach(() => {
  ended = [];
  registerSdk();
});
afterEach(() => {
  for (const part of [api.trace, api.context, api.propagation]) part.disable();
});

const WINDOW = range("2026-03-17T00:00:00Z", "2026-03-18T00:00:00Z");
const USAGE = `query Usage { streams(first: 25) { nodes { bandwidth(window: ${WINDOW}) { total { bytesOut } } } } }`;

const tracedGateway = () => createTestGateway({ gateway: { tracing: createOtelTracing(api) } });
const childrenOf = (span: Ended | undefined) => ended.filter(({ parentId }) => parentId === span?.spanId);

describe("tracing: a trace", () => {
  it("has a span for the request, one for its operation, and one for each call to the platform", async () => {
    await using gateway = await tracedGateway();
    await gateway.ask("{ subscribeTokens { totalCount } }");
    ended = [];
    gateway.sandbox.clearCalls();
    const { extensions } = await gateway.ask(USAGE);
    const request = ended.find(({ kind }) => kind === api.SpanKind.SERVER);
    expect(request).toMatchObject({
      parentId: undefined,
      attributes: { "url.path": "/graphql", "http.response.status_code": 200 },
      isError: false,
    });
    const [operation, ...others] = childrenOf(request);
    expect(others).toEqual([]);
    expect(operation).toMatchObject({
      name: "query Usage",
      attributes: {
        "graphql.operation.name": "Usage",
        "graphql.operation.type": "query",
        "syndigraph.caller.role": "OPERATOR",
        "syndigraph.cost": (extensions["cost"] as { requested: number }).requested,
        "syndigraph.outcome": "ok",
      },
    });
    const calls = childrenOf(operation);
    const received = gateway.sandbox.calls().map(({ operationId }) => String(operationId));
    expect(calls.map(({ name }) => name).sort()).toEqual(received.sort());
    expect(calls.length).toBeGreaterThan(2);
    const figures = calls.find(({ name }) => name === "Analytics_StreamsTotal");
    expect(figures).toMatchObject({
      kind: api.SpanKind.CLIENT,
      attributes: {
        "syndigraph.upstream.tries": 1,
        "syndigraph.upstream.outcome": "ok",
        "syndigraph.upstream.names": 10,
      },
    });
    expect(new Set(ended.map(({ traceId }) => traceId)).size).toBe(1);
    for (const { durationMs } of ended) expect(durationMs).toBeGreaterThanOrEqual(0);
  });

  it.each(["POST", "GET"])("goes on from the one that the client names, by %s", async (method) => {
    await using gateway = await tracedGateway();
    const headers = { authorization: `Bearer ${OPERATOR_KEY}`, traceparent: `00-${TRACE}-b7ad6b7169203331-01` };
    const query = "{ me { name } }";
    const asked =
      method === "POST"
        ? graphqlRequest({ query }, headers)
        : new Request(`http://gateway.test/graphql?query=${encodeURIComponent(query)}`, { headers });
    expect((await gateway.gateway.fetch(asked)).status).toBe(200);
    expect(ended).toMatchObject([
      { name: "query anonymous", traceId: TRACE },
      { kind: api.SpanKind.SERVER, traceId: TRACE, parentId: "b7ad6b7169203331" },
    ]);
  });

  it("reports a failure by its code", async () => {
    await using gateway = await tracedGateway();
    await gateway.ask("{ subscribeTokens { totalCount } }");
    ended = [];
    gateway.sandbox.fault({ path: "/api/*", status: 503 });
    await gateway.ask(`{ account { usage(window: ${WINDOW}) { total { bytesOut } } } }`);
    expect(ended).toMatchObject([
      {
        isError: true,
        attributes: { "syndigraph.upstream.tries": 3, "syndigraph.upstream.outcome": "UPSTREAM_UNAVAILABLE" },
      },
      { name: "query anonymous", attributes: { "syndigraph.outcome": "UPSTREAM_UNAVAILABLE" } },
      { isError: false, attributes: { "http.response.status_code": 200 } },
    ]);
    ended = [];
    await gateway.as("sgk_of-nobody").ask("{ me { name } }");
    expect(ended).toMatchObject([{ kind: api.SpanKind.SERVER, attributes: { "http.response.status_code": 401 } }]);
  });

  it("contains no argument and no secret, and names no partner", async () => {
    await using gateway = await tracedGateway();
    const partner = await onboard(gateway, "canary-partner", ["canary-stream"]);
    await gateway
      .as(partner.key)
      .ask("query Mine($name: String!) { stream(by: { name: $name }) { name } }", { name: "canary-stream" });
    expect(ended.at(-2)).toMatchObject({ name: "query Mine", attributes: { "syndigraph.caller.role": "PARTNER" } });
    const told = JSON.stringify(ended);
    for (const hidden of ["canary", partner.key, OPERATOR_KEY, ...partner.secrets]) expect(told).not.toContain(hidden);
  });
});
