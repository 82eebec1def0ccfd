import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { inspect } from "node:util";
import { Agent, type Dispatcher, MockAgent } from "undici";
import { expect } from "vitest";
import { type ApplicationError, errorCodes } from "../../src/model/errors.ts";
import { Secret } from "../../src/model/secret.ts";
import { realTimer, type Timing } from "../../src/upstream/resilience/retry.ts";
import { createHttp } from "../../src/upstream/transport/http-client.ts";
import type { CallReport, Http, HttpOptions } from "../../src/upstream/transport/http-types.ts";
import { UpstreamError } from "../../src/upstream/upstream-error.ts";
import { rejectionOf } from "./refusal.ts";

export const API_SECRET = "api-secret-of-the-tests";
/** A token string, to be put where an answer may hold one. */
export const TOKEN = "feedc0de".repeat(8);

/** Time as it is, but nobody waits between two tries. */
export const impatient: Timing = {
  now: () => performance.now(),
  random: () => 0.5,
  pause: async () => undefined,
  timer: realTimer,
};

/** Time that only passes while somebody waits between two tries, which takes no time at all. */
export interface TestTiming extends Timing {
  /** How long was waited, each time, in milliseconds. */
  readonly pauses: readonly number[];
  advance(ms: number): void;
}

/** @param chance what `random` gives: half of what may be waited, when it is left out */
export function createTestTiming(chance = 0.5): TestTiming {
  const pauses: number[] = [];
  const timers = new Set<{ readonly at: number; readonly work: () => void }>();
  let now = 0;
  const advance = (ms: number) => {
    now += ms;
    for (const timer of timers) if (timer.at <= now && timers.delete(timer)) timer.work();
  };
  return {
    pauses,
    advance,
    timer: (ms, work) => {
      const timer = { at: now + ms, work };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    now: () => now,
    random: () => chance,
    pause: async (ms) => {
      pauses.push(ms);
      advance(ms);
    },
  };
}

/** One request as the platform received it. */
export interface ReceivedCall {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface ScriptedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is when it is text or bytes, else as JSON. */
  readonly body?: unknown;
}

/** Platform with a scripted response for each call, with the network off. */
export interface ScriptedPlatform extends AsyncDisposable {
  readonly http: Http;
  readonly calls: readonly ReceivedCall[];
  readonly reports: readonly CallReport[];
  /** Times of the platform that the client reported, in milliseconds since the epoch. */
  readonly dates: readonly number[];
  /** The answer to the next call, or one for each of the next. */
  answer(...answers: readonly ScriptedAnswer[]): void;
  /** Answers with success, for each of the next calls. */
  succeed(...data: readonly unknown[]): void;
  /** Answers all further calls by what they ask. */
  answerAll(answer: (call: ReceivedCall) => ScriptedAnswer): void;
}

const ORIGIN = "https://platform.test";
const json = { "content-type": "application/json; charset=utf-8" };

/** Creates a platform without scripted responses. Disposing fails if a scripted response was never requested. */
export function createScriptedPlatform(options: Pick<HttpOptions, "policy" | "format"> = {}): ScriptedPlatform {
  const agent = new MockAgent();
  agent.disableNetConnect();
  const calls: ReceivedCall[] = [];
  const reports: CallReport[] = [];
  const dates: number[] = [];
  const script = (answer: (call: ReceivedCall) => ScriptedAnswer) =>
    agent
      .get(ORIGIN)
      .intercept({ path: () => true, method: () => true })
      .reply((options) => {
        const call = received(options);
        calls.push(call);
        const { status = 200, headers = json, body = "" } = answer(call);
        const data = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
        return { statusCode: status, data, responseOptions: { headers } };
      });
  const answer = (...answers: readonly ScriptedAnswer[]) => {
    for (const each of answers) script(() => each);
  };
  return {
    http: createHttp({
      origin: ORIGIN,
      secret: new Secret(API_SECRET),
      dispatcher: agent,
      timeoutMs: 5_000,
      ...options,
      onDate: (date) => dates.push(date),
      onCall: (report) => reports.push(report),
    }),
    calls,
    reports,
    dates,
    answer,
    succeed: (...data) => answer(...data.map((each) => ({ body: { status: "success", data: each } }))),
    answerAll: (each) => void script(each).persist(),
    [Symbol.asyncDispose]: async () => {
      agent.assertNoPendingInterceptors();
      await agent.close();
    },
  };
}

function received({
  method,
  path,
  headers,
  body,
}: {
  method?: string;
  path: string;
  headers?: unknown;
  body?: unknown;
}): ReceivedCall {
  const url = new URL(path, ORIGIN);
  return {
    method: method ?? "GET",
    path: url.pathname,
    query: url.searchParams,
    headers: headers as Record<string, string>,
    body: typeof body === "string" ? parsed(body) : null,
  };
}

/** JSON as what it says, a form as its text. */
function parsed(body: string): unknown {
  return body.startsWith("{") ? JSON.parse(body) : body;
}

/** A platform that speaks bytes instead of HTTP: each connection's first bytes are answered by `speak`. */
export interface RawPlatform extends AsyncDisposable {
  readonly origin: string;
  readonly http: Http;
  /** Settles when a client has hung up. */
  readonly hungUp: Promise<void>;
}

export async function createRawPlatform(
  speak: (socket: Socket) => void,
  options: { readonly timer?: Timing["timer"]; readonly agent?: Agent.Options } = {},
): Promise<RawPlatform> {
  let hangUp: () => void = () => undefined;
  const hungUp = new Promise<void>((resolve) => {
    hangUp = resolve;
  });
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined).on("close", hangUp);
    socket.once("data", () => speak(socket));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const agent = new Agent(options.agent);
  return {
    origin,
    http: httpOver(agent, origin, TIMEOUT_MS, options.timer),
    hungUp,
    [Symbol.asyncDispose]: async () => {
      await agent.destroy();
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Time limit of a call of {@link httpOver}, in milliseconds; only tests that set the time reach it. */
export const TIMEOUT_MS = 100_000;

export function httpOver(
  dispatcher: Dispatcher,
  origin: string,
  timeoutMs = TIMEOUT_MS,
  timer: Timing["timer"] = realTimer,
): Http {
  return createHttp({ origin, secret: new Secret(API_SECRET), dispatcher, timeoutMs, timer });
}

/** Returns the error of a call. Fails if it is no `UpstreamError`, contains a secret, or has an undocumented code. */
export async function upstreamFailure(promise: Promise<unknown>): Promise<UpstreamError> {
  const error = await rejectionOf(promise);
  expect(error).toBeInstanceOf(UpstreamError);
  expectNoSecret(error);
  expect(Object.keys(errorCodes)).toContain(error.code);
  return error as UpstreamError;
}

function expectNoSecret(error: ApplicationError): void {
  const texts = [
    inspect(error, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify(error),
    JSON.stringify(error.facts),
  ];
  for (const text of texts) {
    expect(text).not.toContain(API_SECRET);
    expect(text).not.toContain(TOKEN);
  }
}
