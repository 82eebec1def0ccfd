import { type Fleet, KEY, type Server } from "./fleet.ts";
import { bodyOf, isSuccess, load } from "./load.ts";
import { documentOf, type Task, type Wording } from "./task.ts";
import { cpuMs } from "./usage.ts";
import { createSampledCheck, differenceIn } from "./verify.ts";

/** Duration and concurrency of a measurement. */
export interface Pace {
  /** Number of connections. */
  readonly connections: number;
  readonly rounds: number;
  readonly roundMs: number;
  /** Load on each server before the first wording of a table, in milliseconds; a quarter of it before each other one. */
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

/** A server with a task, in one wording. */
export interface Contestant {
  readonly fleet: Fleet;
  readonly server: Server;
  readonly task: Task;
  /** The task's first wording by default; the proxy has none. */
  readonly wording?: Wording;
  /** Bearer key; the operator's by default. */
  readonly key?: string;
}

/** A contestant with its rounds. */
export interface Result extends Contestant {
  readonly samples: Sample[];
  /** Why it takes no part: a wrong answer, or none; null if it takes part. */
  failure: string | null;
}

/** Number of different requests of a warm run. */
export const WARM_REQUESTS = 20;

/** Counts requests over the whole benchmark, so that no server gets a request that another has had. */
let requestCount = 0;

/** Whether each request is new, or a few rotate. */
export type Rotation = "cold" | "warm";

/**
 * Measures the contestants alternately, round by round. A contestant whose answer differs from the reference is disqualified.
 *
 * @param reference server whose answers are right; null checks nothing but success
 */
export async function measure(
  contestants: readonly Contestant[],
  rotation: Rotation,
  pace: Pace,
  reference: Server | null = null,
): Promise<readonly Result[]> {
  const results = contestants.map((contestant): Result => ({ ...contestant, samples: [], failure: null }));
  const warmedUp = new Set<Server>();
  for (const result of results) {
    await attempt(result, async () => {
      for (let count = 0; reference && count < CHECKS; count += 1) {
        await checkAnswer(result, nextIndex(rotation), reference);
      }
      const warmUpMs = warmedUp.has(result.server) ? pace.warmUpMs / 4 : pace.warmUpMs;
      warmedUp.add(result.server);
      const textOf = requestTexts(result, rotation);
      const next = () => textOf(nextIndex(rotation));
      await load(result.server.url, pace.connections, warmUpMs, next);
    });
  }
  for (let round = 0; round < pace.rounds; round += 1) {
    // Alternating spreads a slowdown of the machine over all of them.
    for (const result of round % 2 === 0 ? results : results.toReversed()) {
      await attempt(result, async () => {
        result.samples.push(await sample(result, rotation, pace, reference));
      });
    }
  }
  return results;
}

/** Answers of each contestant that are checked before it is measured. */
const CHECKS = 3;

function nextIndex(rotation: Rotation): number {
  requestCount += 1;
  return rotation === "warm" ? requestCount % WARM_REQUESTS : requestCount;
}

async function attempt(result: Result, step: () => Promise<void>): Promise<void> {
  if (result.failure !== null) return;
  try {
    await step();
  } catch (error) {
    result.failure = (error as Error).message;
  }
}

/** @throws Error for a wrong answer */
async function sample(result: Result, rotation: Rotation, pace: Pace, reference: Server | null): Promise<Sample> {
  const { fleet, server } = result;
  const sampled = createSampledCheck();
  const textOf = requestTexts(result, rotation);
  const next = () => {
    const index = nextIndex(rotation);
    return sampled.asked(textOf(index), index);
  };
  const isExpected = (answer: Buffer, request: string) => isSuccess(answer) && sampled.answered(answer, request);
  const [calls, cpu] = [await fleet.calls(), cpuMs(server.pid)];
  const { answers, seconds, latenciesMs } = await load(server.url, pace.connections, pace.roundMs, next, isExpected);
  const cpuAfter = cpuMs(server.pid);
  const figures = {
    perSecond: answers / seconds,
    cpuMsPerQuery: cpu === null || cpuAfter === null ? null : (cpuAfter - cpu) / answers,
    callsPerQuery: ((await fleet.calls()) - calls) / answers,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
  };
  for (const { index, body } of sampled.answers) if (reference) await compare(result, index, body, reference);
  return figures;
}

/** Returns a quantile. @param sorted ascending */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(Math.floor(sorted.length * share), sorted.length - 1)] ?? Number.NaN;
}

/** Returns a quantile of values in any order. */
export function quantileOf(values: readonly number[], share: number): number {
  return quantile(Float64Array.from(values).sort(), share);
}

/** Returns a function that gives the text of a request. Texts of a warm run are written once: they take longer than their answers. */
function requestTexts(contestant: Contestant, rotation: Rotation): (index: number) => string {
  if (rotation === "cold") return (index) => requestText(contestant, index);
  const texts = new Map<number, string>();
  return (index) => {
    const text = texts.get(index) ?? requestText(contestant, index);
    texts.set(index, text);
    return text;
  };
}

/** Returns the text of a request over HTTP/1.1. */
export function requestText(
  { server, task, wording = task.wordings[0], key = KEY }: Omit<Contestant, "fleet">,
  index: number,
): string {
  const { kind, url } = server;
  const head = `host: ${url.host}\r\nauthorization: Bearer ${key}`;
  if (kind === "proxy" && task.method === undefined) return `GET ${task.path(index)} HTTP/1.1\r\n${head}\r\n\r\n`;
  const [query, operationName] = [documentOf(wording, index), wording.operationName?.(index)];
  const variables = wording.variables?.(index) ?? {};
  if (kind === "graph" && wording.method?.(index) === "GET") {
    const parameters = { query, variables: JSON.stringify(variables), ...(operationName && { operationName }) };
    return `GET /graphql?${new URLSearchParams(parameters)} HTTP/1.1\r\n${head}\r\n\r\n`;
  }
  const body = JSON.stringify({ query, variables, operationName });
  const length = `content-type: application/json\r\ncontent-length: ${body.length}`;
  const path = kind === "graph" ? "/graphql" : task.path(index);
  return `POST ${path} HTTP/1.1\r\n${head}\r\n${length}\r\n\r\n${body}`;
}

/** @throws Error unless the answer to a request equals that of the reference */
async function checkAnswer(contestant: Contestant, index: number, reference: Server): Promise<void> {
  await compare(contestant, index, await answerTo(contestant, index), reference);
}

async function compare(
  { server, task, wording = task.wordings[0] }: Contestant,
  index: number,
  body: string,
  reference: Server,
): Promise<void> {
  if (server.kind === "proxy") return;
  const expected: unknown = JSON.parse(await answerTo({ server: reference, task }, index));
  const { data } = JSON.parse(body) as { readonly data: never };
  const difference = differenceIn(wording.rows(data, index), expected);
  if (difference !== null) throw new Error(`Wrong answer to request ${index}: ${difference}`);
}

/** Returns the body of the answer to one request. @throws Error unless it succeeds */
async function answerTo(contestant: Omit<Contestant, "fleet">, index: number): Promise<string> {
  let body = "";
  await load(
    contestant.server.url,
    1,
    0,
    () => requestText(contestant, index),
    (answer) => {
      body = bodyOf(answer);
      return isSuccess(answer);
    },
  );
  return body;
}
