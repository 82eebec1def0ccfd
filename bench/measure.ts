import { deepStrictEqual } from "node:assert/strict";
import type { Column } from "./columns.ts";
import { type Fleet, KEY, type Server } from "./fleet.ts";
import { load } from "./load.ts";
import { cpuMs } from "./usage.ts";

/** How long to measure. */
export interface Pace {
  /** How many ask at once. */
  readonly connections: number;
  readonly rounds: number;
  readonly roundMs: number;
  readonly warmUpMs: number;
}

/** One round of one server. */
export interface Sample {
  readonly perSecond: number;
  /** Null where the system does not tell. */
  readonly cpuMsPerQuery: number | null;
  readonly callsPerQuery: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A server with what it is asked, and with the platform that it asks. */
export interface Contestant {
  readonly fleet: Fleet;
  readonly server: Server;
  readonly column: Column;
}

/** The rounds of each contestant, in their order. */
export type Results = readonly (Contestant & { readonly samples: readonly Sample[] })[];

/** Questions that a warm run has in rotation. */
const WARM_QUESTIONS = 20;

/** Counts questions over the whole bench, so that no server is ever asked for what another has had. */
let asked = 0;

/** Every question anew, or few in rotation. */
export type Rotation = "cold" | "warm";

/** Measures contestants by turns. */
export async function measure(contestants: readonly Contestant[], rotation: Rotation, pace: Pace): Promise<Results> {
  const next = (contestant: Contestant) => () => {
    asked += 1;
    return requestText(contestant, rotation === "warm" ? asked % WARM_QUESTIONS : asked);
  };
  for (const contestant of contestants) {
    await load(contestant.server.url, pace.connections, pace.warmUpMs, next(contestant));
  }
  const results = contestants.map((contestant) => ({ ...contestant, samples: [] as Sample[] }));
  for (let round = 0; round < pace.rounds; round += 1) {
    // What slows the machine down over time slows down each of them.
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

/** @param sorted ascending */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? Number.NaN;
}

/** A question as it goes over the wire. */
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

/** Asks all for the same, more than once. @throws AssertionError when one answers otherwise than the first */
export async function assertEqualAnswers(servers: readonly Server[], column: Column): Promise<void> {
  const [reference, ...others] = servers;
  for (let attempt = 0; attempt < 3; attempt += 1) {
    asked += 1;
    const expected = reference && (await answerOf(reference, column, asked));
    for (const server of others) {
      deepStrictEqual(await answerOf(server, column, asked), expected, `${server.name} answers otherwise.`);
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
