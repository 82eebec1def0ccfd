import { deepStrictEqual } from "node:assert/strict";
import type { Column } from "./columns.ts";
import { type Fleet, KEY, type Server } from "./fleet.ts";
import { load } from "./load.ts";
import { cpuMs } from "./usage.ts";

/** Duration and concurrency of a measurement. */
export interface Pace {
  /** Number of connections. */
  readonly connections: number;
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmUpMs: number;
}

/** Figures of one round of one server. */
export interface Sample {
  readonly perSecond: number;
  /** Null if the system does not report CPU time. */
  readonly cpuMsPerQuery: number | null;
  readonly callsPerQuery: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A server with its request and its platform. */
export interface Contestant {
  readonly fleet: Fleet;
  readonly server: Server;
  readonly column: Column;
}

/** Rounds of each contestant, in the order of the contestants. */
export type Results = readonly (Contestant & { readonly samples: readonly Sample[] })[];

/** Number of different requests of a warm run. */
export const WARM_REQUESTS = 20;

/** Counts requests over the whole benchmark, so that no server gets a request that another has had. */
let requestCount = 0;

/** Whether each request is new, or a few rotate. */
export type Rotation = "cold" | "warm";

/** Measures the contestants alternately, round by round. */
export async function measure(contestants: readonly Contestant[], rotation: Rotation, pace: Pace): Promise<Results> {
  const next = (contestant: Contestant) => () => {
    requestCount += 1;
    return requestText(contestant, rotation === "warm" ? requestCount % WARM_REQUESTS : requestCount);
  };
  for (const contestant of contestants) {
    await load(contestant.server.url, pace.connections, pace.warmUpMs, next(contestant));
  }
  const results = contestants.map((contestant) => ({ ...contestant, samples: [] as Sample[] }));
  for (let round = 0; round < pace.rounds; round += 1) {
    // Alternating spreads a slowdown of the machine over all of them.
    for (const result of round % 2 === 0 ? results : results.toReversed()) {
      result.samples.push(await sample(result, pace, next(result)));
    }
  }
  return results;
}

async function sample({ fleet, server }: Contestant, pace: Pace, next: () => string): Promise<Sample> {
  const [calls, cpu] = [await fleet.calls(), cpuMs(server.pid)];
  const { answers, seconds, latenciesMs } = await load(server.url, pace.connections, pace.roundMs, next);
  const cpuAfter = cpuMs(server.pid);
  return {
    perSecond: answers / seconds,
    cpuMsPerQuery: cpu === null || cpuAfter === null ? null : (cpuAfter - cpu) / answers,
    callsPerQuery: ((await fleet.calls()) - calls) / answers,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
  };
}

/** Returns a quantile. @param sorted ascending */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? Number.NaN;
}

/** Returns the text of a request over HTTP/1.1. */
export function requestText({ server, column }: Pick<Contestant, "server" | "column">, index: number): string {
  const { kind, url } = server;
  const head = `host: ${url.host}\r\nauthorization: Bearer ${KEY}`;
  if (kind === "proxy") return `GET ${column.path(index)} HTTP/1.1\r\n${head}\r\n\r\n`;
  const body = bodyOf(column, index);
  const length = `content-type: application/json\r\ncontent-length: ${body.length}`;
  const path = kind === "graph" ? "/graphql" : column.path(index);
  return `POST ${path} HTTP/1.1\r\n${head}\r\n${length}\r\n\r\n${body}`;
}

function bodyOf({ document, variables }: Column, index: number): string {
  return JSON.stringify({ query: document, variables: variables(index) });
}

/** Checks that all servers give equal responses. @throws AssertionError if one differs from the first */
export async function assertEqualAnswers(servers: readonly Server[], column: Column): Promise<void> {
  const [reference, ...others] = servers;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    requestCount += 1;
    const expected = reference && (await answerOf(reference, column, requestCount));
    for (const server of others) {
      deepStrictEqual(await answerOf(server, column, requestCount), expected, `${server.name} gives another response.`);
    }
  }
}

async function answerOf({ kind, url }: Server, column: Column, index: number): Promise<unknown> {
  const authorization = `Bearer ${KEY}`;
  if (kind === "proxy") {
    const response = await fetch(new URL(column.path(index), url), { headers: { authorization } });
    return column.ofProxy((await response.json()) as never);
  }
  const headers = { authorization, "content-type": "application/json" };
  const response = await fetch(url, { method: "POST", headers, body: bodyOf(column, index) });
  const { data, errors } = (await response.json()) as { data: never; errors?: unknown };
  if (errors) throw new Error(`${url} answered with ${JSON.stringify(errors)}`);
  return column.ofGraph(data);
}
