import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { type FormattedExecutionResult, print } from "graphql";
import { pino } from "pino";
import { inject } from "vitest";
import { allScopes, type Scope } from "../../src/auth/scopes.ts";
import { engineNames } from "../../src/engine/engine.ts";
import { createGateway, type Gateway, type GatewayOptions } from "../../src/gateway.ts";
import { Secret } from "../../src/model/secret.ts";
import type { RecordedCall, SandboxOptions } from "../../src/sandbox/sandbox.ts";
import { createScheduling } from "../../src/scheduling/scheduling.ts";
import { openStore } from "../../src/store/open-store.ts";
import type { Store } from "../../src/store/store.ts";
import type { ConferenceOptions } from "../../src/upstream/upstream.ts";
import { createBuiltGateway } from "./built-gateway.ts";
import { type ConformantSandbox, createConformantSandbox } from "./conformance.ts";
import { createHeldTime } from "./held-time.ts";
import { impatient } from "./platform.ts";

/** The instant at which every test begins: a Wednesday, twenty minutes past the hour. */
export const START = "2026-03-18T10:20:00Z";
/** The newest figures at that instant. */
export const FRESH_UNTIL = "2026-03-18T10:15:00Z";

export const OPERATOR_KEY = "operator-key-of-the-tests";

/** An answer whose data has no type of its own: tests look at it with `toEqual`, or name the part that they take. */
export interface Answer<Data = unknown> {
  readonly data: Data;
  readonly errors: readonly AnswerError[];
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly status: number;
}
export type AnswerError = NonNullable<FormattedExecutionResult["errors"]>[number] & {
  readonly extensions: { readonly code: string } & Record<string, unknown>;
};

/** Sends an operation to the gateway, and returns the response. */
export interface Ask {
  <Data, Variables>(document: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Answer<Data>>;
  <Data = Record<string, never>>(document: string, variables?: Record<string, unknown>): Promise<Answer<Data>>;
}

/** Where a request comes from. */
export interface From {
  /** The address of the client. */
  readonly peer?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where the built programs lie; undefined in tests of the sources. */
const builtPrograms = inject("program");
/** Whether the gateways of tests are processes of the built program. */
export const isBuilt = builtPrograms !== undefined;

/**
 * The whole gateway over the whole sandbox. In tests of the sources it is in this process and without a port of its own; in
 * tests of the built program it is a process of it, whose store and parts can't be reached.
 */
export interface TestGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  /** Options that the gateway was created with. */
  readonly options: GatewayOptions;
  /** Store of the gateway, in memory and empty at first. */
  readonly store: Store;
  /** Platform of the gateway; disposing throws if an exchange violated the OpenAPI documents. */
  readonly sandbox: ConformantSandbox;
  /** Asks as the operator. */
  readonly ask: Ask;
  /**
   * Returns another caller, by a key, a session or a token of the identity provider:
   * `await gateway.as(key).ask("{ me { name } }")`.
   */
  as(bearer: string, from?: From): { readonly ask: Ask };
  /** Returns the calls of analytics since the previous call of this method, sorted by operation. */
  analyticsCalls(): readonly RecordedCall[];
  /** With `isTimingSet`: stops timeouts of calls that the sandbox holds. @returns a function that resumes them */
  holdForGood(): () => void;
  /** Returns the whole log. */
  logged(): string;
  /** Returns the log without the lines of requests; empty for a built program. */
  complaints(): string;
}

export interface TestGatewayOptions {
  readonly sandbox?: SandboxOptions;
  /** A sandbox that other gateways use as well, and that disposing of this one leaves open. */
  readonly over?: ConformantSandbox;
  /** Origin by which the gateway reaches the sandbox, where something stands between them. */
  readonly platform?: string;
  readonly scopes?: readonly Scope[];
  /** Time limit of one call to the platform, in milliseconds. Two minutes by default, so that a busy machine changes no answer. */
  readonly timeoutMs?: number;
  /**
   * Whether breakers and retries measure time by the sandbox's clock as well, so that only the test moves it, and a call that the
   * sandbox holds has run out of time as soon as it holds all calls, see {@link createHeldTime}; no by default.
   */
  readonly isTimingSet?: boolean;
  /** With streaming of conferences switched on. */
  readonly conference?: boolean;
  readonly gateway?: Partial<GatewayOptions>;
}

/** Time stands still at {@link START}; tests move it by `sandbox.clock`. */
export async function createTestGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const held = options.isTimingSet ? createHeldTime(() => sandbox.clock.now()) : null;
  const sandbox: ConformantSandbox =
    options.over ??
    (await createConformantSandbox({
      startAt: START,
      frozen: true,
      ...(held && { wait: held.wait }),
      ...options.sandbox,
    }));
  const lines: string[] = [];
  const store = options.gateway?.store ?? (await openStore({ kind: "memory" }));
  const gatewayOptions: GatewayOptions = {
    store,
    upstream: {
      apiUrl: options.platform ?? sandbox.origin,
      analyticsUrl: options.platform ?? sandbox.origin,
      secret: new Secret(sandbox.secret),
      timeoutMs: options.timeoutMs ?? 120_000,
      connectTimeoutMs: 120_000,
      timing: held?.timing ?? impatient,
      conference: options.conference ? conferenceOf(sandbox) : null,
    },
    directorUrl: sandbox.origin,
    operatorKey: new Secret(OPERATOR_KEY),
    operatorScopes: options.scopes ?? allScopes,
    issuer: "syndigraph",
    identityProvider: null,
    trustedProxies: [],
    allowedHosts: null,
    allowedOrigins: [],
    budgets: { perMinute: 10_000_000, partnerPerMinute: 1_000_000 },
    rateLimitPool: null,
    maxRequestsInFlight: 1_000,
    unsent: { maxResponseBytes: 16e6, maxUnsentBytesPerCaller: 32e6, maxUnsentBytes: 128e6 },
    tokenRefreshMs: 60_000,
    usageCacheBytes: 32e6,
    usageLagMs: 300_000,
    slowRequestMs: 60_000,
    refusedAttemptRetentionMs: 30 * 86_400_000,
    graphiql: null,
    // `TEST_ENGINE=graphql-js` runs the tests on the reference engine.
    engine: engineNames.find((name) => name === process.env["TEST_ENGINE"]) ?? "planned",
    clock: sandbox.clock.now,
    // Caches expire when a test moves the time on.
    monotonicMs: sandbox.clock.now,
    // The clock stands still, so that a slow machine rejects no request for having waited too long.
    scheduling: createScheduling({
      maxRequestsInFlight: options.gateway?.maxRequestsInFlight ?? 1_000,
      clock: () => 0,
    }),
    logger: pino({ level: "debug" }, { write: (line: string) => void lines.push(line) }),
    ...options.gateway,
  };
  const built =
    builtPrograms === undefined ? null : await createBuiltGateway(builtPrograms, gatewayOptions, sandbox.clock.now);
  const gateway = built ?? createGateway(gatewayOptions);

  const as = (bearer: string, { peer, headers }: From = {}) => {
    const ask = async (document: string | TypedDocumentNode, variables?: unknown): Promise<Answer> => {
      const query = typeof document === "string" ? document : print(document);
      const authorization = `Bearer ${bearer}`;
      const response = await gateway.fetch(graphqlRequest({ query, variables }, { authorization, ...headers }), peer);
      const { data, errors = [], extensions = {} } = (await response.json()) as Partial<Answer>;
      return { data, errors, extensions, status: response.status };
    };
    return { ask: ask as Ask };
  };

  return {
    gateway,
    options: gatewayOptions,
    store,
    sandbox,
    ask: as(OPERATOR_KEY).ask,
    as,
    analyticsCalls: () => {
      const calls = sandbox.calls().filter(({ path }) => path.startsWith("/api/analytics/"));
      sandbox.clearCalls();
      return calls;
    },
    holdForGood: () => {
      if (!held) throw new Error("time is not set");
      return held.holdForGood();
    },
    logged: () => built?.logged() ?? lines.join(""),
    complaints: () => lines.filter((line) => !line.includes('"msg":"request"')).join(""),
    [Symbol.asyncDispose]: async () => {
      await gateway.close();
      if (store !== options.gateway?.store) await store.close();
      if (!options.over) await sandbox.close();
    },
  };
}

/** The conference platform that the sandbox emulates. */
function conferenceOf({ origin, conferenceApp: { key, secret } }: ConformantSandbox): ConferenceOptions {
  return { apiUrl: origin, authUrl: origin, app: { key, secret: new Secret(secret) } };
}

/** A request as a client of the API sends it. */
export function graphqlRequest(body: object, headers: Record<string, string> = {}): Request {
  return new Request("http://gateway.test/graphql", {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${OPERATOR_KEY}`, ...headers },
    body: JSON.stringify(body),
  });
}

/** A window in GraphQL. */
export function range(from: string, to: string): string {
  return `{ range: { from: "${from}", to: "${to}" } }`;
}
