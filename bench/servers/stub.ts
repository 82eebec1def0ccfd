import type { ServerResponse } from "node:http";
import { seriesWire, tokenWire, totalWire, trackingSeriesWire, trackingTotalWire } from "./account.ts";
import { serverArguments } from "./arguments.ts";
import { answerJson, serve } from "./serve.ts";

/**
 * Serves the part of the platform that the benchmark needs.
 *
 * Responses are joined from cached text, so that the stub is never the bottleneck. The platform's limits hold: ten names a
 * call, a hundred tokens a page. `/stub/calls` returns the number of answered calls, `/stub/latency?ms=20` sets the latency,
 * `/stub/outage?on=true` makes usage requests fail with 503.
 */
const { streams, secret } = serverArguments();
const authorization = `Bearer ${secret}`;
const REFUSED = `{"status":"fail","data":{"message":"refused"}}`;
let calls = 0;
let latencyMs = 0;
let isOut = false;

const data = (json: string) => `{"status":"success","data":${json}}`;
const tokensOf = (kind: "publish" | "subscribe") =>
  Array.from({ length: streams }, (_, index) => JSON.stringify(tokenWire(index + 1, kind)));
const tokens = { "/api/publish_token/list": tokensOf("publish"), "/api/subscribe_token/list": tokensOf("subscribe") };
const pages = new Map<string, string>();

const fixed = new Map([
  ["/api/v3/account/info", data(`{"accountId":"bench1"}`)],
  ["/api/v3/account/security", data(`{"allowedCountries":[],"deniedCountries":[]}`)],
  ["/api/v3/account/distribution", data(`{"geoCascade":{"isEnabled":false,"clusters":[]}}`)],
  ["/api/cluster", data(`{"defaultCluster":"phx-1","availableClusters":[{"id":"phx-1","name":"Phoenix"}]}`)],
  ["/api/monitoring/summary", data(`{"pagination":{"totalItems":0,"totalPages":1,"itemsOnPage":0},"data":[]}`)],
  ["/api/analytics/tracking/streams/total", data("{}")],
]);

serve((request, response) => {
  const { path, query } = addressOf(request.url ?? "");
  if (path.startsWith("/stub/")) {
    answerJson(response, 200, administer(path, query));
    return;
  }
  calls += 1;
  const answer = () => answerCall(response, path, query);
  if (request.headers.authorization !== authorization) answerJson(response, 401, REFUSED);
  else if (latencyMs > 0) setTimeout(answer, latencyMs);
  else answer();
});

function administer(path: string, query: URLSearchParams): string {
  if (path === "/stub/latency") latencyMs = Number(query.get("ms"));
  if (path === "/stub/outage") isOut = query.get("on") === "true";
  return JSON.stringify({ calls, latencyMs, isOut });
}

function answerCall(response: ServerResponse, path: string, query: URLSearchParams): void {
  const isTokens = path === "/api/publish_token/list" || path === "/api/subscribe_token/list";
  const wire = figures.get(path);
  if (wire && isOut) {
    answerJson(response, 503, REFUSED);
    return;
  }
  const body = isTokens ? tokenPage(path, query) : wire ? figuresOf(wire, query) : fixed.get(path);
  answerJson(response, body ? 200 : 400, body ?? REFUSED);
}

function tokenPage(path: keyof typeof tokens, query: URLSearchParams): string {
  const size = Math.min(Number(query.get("itemsOnPage") ?? 10), 100);
  const end = size * Number(query.get("page") ?? 1);
  const key = `${path}|${size}|${end}`;
  const page = pages.get(key) ?? data(`[${tokens[path].slice(end - size, end).join(",")}]`);
  pages.set(key, page);
  return page;
}

const figures = new Map([
  ["/api/analytics/streams/total", totalWire],
  ["/api/analytics/streams/series", seriesWire],
  ["/api/analytics/tracking/series", trackingSeriesWire],
  ["/api/analytics/tracking/total", trackingTotalWire],
]);

function figuresOf(wire: typeof totalWire, query: URLSearchParams): string | undefined {
  const names = [...query.getAll("streamNames"), ...query.getAll("trackingIds")];
  const from = Date.parse(query.get("startDate") ?? "");
  const to = Date.parse(query.get("stopDate") ?? "");
  if (names.length > 10 || !(from < to)) return undefined;
  return data(`{${names.map((name) => wire(name, from, to)).join(",")}}`);
}

function addressOf(url: string): { readonly path: string; readonly query: URLSearchParams } {
  const [path = "", query] = url.split("?", 2);
  return { path, query: new URLSearchParams(query) };
}
