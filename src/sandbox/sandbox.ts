import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import { adminRoutes } from "./admin.ts";
import { toInstant } from "./calendar.ts";
import { type Clock, createClock } from "./clock.ts";
import { CONFERENCE_APP, type ConferenceApp } from "./conference/app-token.ts";
import type { DirectorRefusal } from "./director/director-error.ts";
import { type Truth, type TruthFilter, truthOf } from "./ground-truth.ts";
import { fieldErrorsOf } from "./http/body.ts";
import { createCallLog, type RecordedCall } from "./http/call-log.ts";
import { createFaults, type FaultInput, faultInput } from "./http/faults.ts";
import { createRouter } from "./http/route.ts";
import { type Exchange, listen } from "./http/server.ts";
import { createLag, type Lag } from "./lag.ts";
import {
  type AttachedViewers,
  attachViewers,
  type FeedInput,
  feedInput,
  type StartedFeed,
  startFeed,
  type ViewersInput,
  viewersInput,
} from "./live/simulated-clients.ts";
import { createPlatform, type Platform } from "./platform.ts";
import { platformRoutes } from "./routes.ts";
import { addForeignToken, type ForeignTokenInput, foreignTokenInput } from "./tokens/foreign.ts";
import type { PublishToken, SubscribeToken } from "./tokens/token.ts";

export type { DirectorRefusal } from "./director/director-error.ts";
export type { Truth } from "./ground-truth.ts";
export type { RecordedCall } from "./http/call-log.ts";
export type { FaultInput } from "./http/faults.ts";
export type { Exchange } from "./http/server.ts";
export type { AttachedViewers, FeedInput, StartedFeed, ViewersInput } from "./live/simulated-clients.ts";
export type { ForeignTokenInput } from "./tokens/foreign.ts";
export type { PublishToken, SubscribeToken } from "./tokens/token.ts";

/** Options of a sandbox, all with defaults. */
export interface SandboxOptions {
  /**
   * Seed: another one gives other secrets and other traffic for the same streams and tokens.
   *
   * Defaults to 1.
   */
  readonly seed?: number;
  /** First instant: milliseconds, a Date, `YYYY-MM-DD` or ISO 8601. Defaults to the real present. */
  readonly startAt?: string | number | Date;
  /** Whether time moves only by `clock`. Defaults to false: time runs as it does outside. */
  readonly frozen?: boolean;
  /** API secret of the account. Defaults to `sandbox-secret`. */
  readonly secret?: string;
  /** Defaults to `127.0.0.1`. */
  readonly host?: string;
  /** Defaults to a free port. */
  readonly port?: number;
  /**
   * Time after each quarter hour for which analytics still return the usage of the quarter hour before.
   *
   * In milliseconds, less than a quarter hour. Defaults to one minute.
   */
  readonly lagMs?: number;
  /** Called with the new time whenever the clock was moved by hand or reset. */
  readonly onClockMoved?: (now: number) => void;
  /** Further streams for scale tests: `bulk-00001` and so on. Defaults to none. */
  readonly bulk?: number;
  /** Partners among whom these streams are distributed. Defaults to 200. */
  readonly bulkPartners?: number;
  /**
   * Whether all streams of the seed go on as before after the first instant.
   *
   * Defaults to false: only those that are live then do.
   */
  readonly goesOn?: boolean;
  /** Called with each call of the platform's paths and its response, credentials included. */
  readonly onExchange?: (exchange: Exchange) => void;
  /**
   * Waits for a fault: `latencyMs`, or `dripMs` for each byte, in milliseconds.
   *
   * Called with Infinity for each call that `hang` leaves without a response. Defaults to a timer of the process.
   */
  readonly wait?: (ms: number) => Promise<void>;
}

/** Which traffic to add up, over `[from, to)` in milliseconds or dates. */
export interface TruthQuery extends TruthFilter {
  readonly from: number | string;
  readonly to: number | string;
}

/** A running sandbox. Everything is also available on the paths under `/sandbox/`. */
export interface Sandbox extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`: one origin for api., analyticsapi., director. and the conference platform. */
  readonly origin: string;
  /** API secret that api. and analyticsapi. paths accept as bearer. */
  readonly secret: string;
  /** First part of every stream id. */
  readonly accountId: string;
  /** Credentials that the conference platform's token endpoint accepts. */
  readonly conferenceApp: ConferenceApp;
  readonly clock: Pick<Clock, "now" | "advance" | "set">;
  /**
   * Starts a feed if the Director's check admits it.
   *
   * @throws TypeError if the input is malformed
   */
  startFeed(input: FeedInput): StartedFeed | DirectorRefusal;
  /** Ends a feed as its encoder would: for good. @returns false if it is not live */
  stopFeed(feedId: string): boolean;
  /**
   * Attaches viewers if the Director's check admits them.
   *
   * @throws TypeError if the input is malformed
   */
  attachViewers(input: ViewersInput): Promise<AttachedViewers | DirectorRefusal>;
  /** Ends a viewer's connection. @returns false if it has none */
  detachViewer(clientId: string): boolean;
  /**
   * Makes later calls of the platform's paths fail.
   *
   * @throws TypeError if the input is malformed
   */
  fault(input: FaultInput): void;
  clearFaults(): void;
  /** Returns the newest 10,000 calls of the platform's paths, oldest first. */
  calls(): readonly RecordedCall[];
  clearCalls(): void;
  /** Lag of analytics behind the quarter hour, see {@link SandboxOptions.lagMs}. */
  readonly lag: Lag;
  /** Returns to the seed and to the first instant. Clears faults and calls; the port stays. */
  reset(): void;
  /**
   * Returns the traffic that really flowed up to now.
   *
   * Read straight from the traffic function and the live part, independent of how the endpoints add up, of what they
   * retain and of the quarter hour. The weekly gap counts nothing here either.
   */
  truth(query: TruthQuery): Truth;
  /** All tokens with their secrets. */
  readonly tokens: { publish(): readonly PublishToken[]; subscribe(): readonly SubscribeToken[] };
  /**
   * Adds a token with a pattern that the sandbox's engine rejects.
   *
   * The platform's dashboard can create such tokens, as its engine is another.
   *
   * @throws TypeError if the input is malformed
   */
  addForeignToken(input: ForeignTokenInput): PublishToken | SubscribeToken;
  close(): Promise<void>;
}

/** Waits for a timer of the process, or forever. */
async function realWait(ms: number): Promise<void> {
  if (Number.isFinite(ms)) await sleep(ms, undefined, { ref: false });
}

const DEFAULT_SEED = 1;
const DEFAULT_SECRET = "sandbox-secret";

/**
 * Starts an emulator of the Millicast REST platform over real HTTP, by default on loopback.
 *
 * `seed` creates an account with its tokens and streams. The past of a stream follows from `traffic`, a pure function;
 * later connections pass the check in `director` into `live`. The `ledger` joins both into readings, of which
 * `analytics` shows sums; `records` and `monitoring` show the same connections one by one. `platform.ts` creates it all
 * without HTTP, `routes.ts` gives it its paths, and `http` serves them.
 *
 * @throws RangeError if `startAt` is no date, or `lagMs` no lag
 */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const {
    seed = DEFAULT_SEED,
    startAt = Date.now(),
    frozen = false,
    secret = DEFAULT_SECRET,
    bulk = 0,
    bulkPartners,
    goesOn = false,
    lagMs,
  } = options;
  const { host = "127.0.0.1", port = 0, onExchange, onClockMoved, wait = realWait } = options;
  const faults = createFaults();
  const calls = createCallLog();
  let state = createState();

  function createState(): { platform: Platform; router: ReturnType<typeof createRouter> } {
    const clock = createClock(toInstant(startAt), frozen, onClockMoved);
    const platform = createPlatform({ seed, clock, bulk, bulkPartners, goesOn, lag: createLag(lagMs) });
    const routes = [...platformRoutes(platform, CONFERENCE_APP), ...adminRoutes({ platform, faults, calls, reset })];
    return { platform, router: createRouter(routes) };
  }

  function reset(): void {
    faults.clear();
    calls.clear();
    state = createState();
    onClockMoved?.(state.platform.clock.now());
  }

  const server = await listen(
    {
      served: () => ({ router: state.router, now: state.platform.clock.now }),
      secret,
      faults,
      calls,
      onExchange,
      wait,
    },
    host,
    port,
  );

  return {
    origin: server.origin,
    secret,
    accountId: state.platform.account.accountId,
    conferenceApp: CONFERENCE_APP,
    clock: {
      now: () => state.platform.clock.now(),
      advance: (ms) => state.platform.clock.advance(ms),
      set: (at) => state.platform.clock.set(at),
    },
    startFeed: (input) => startFeed(state.platform, checked(feedInput, input)),
    stopFeed: (feedId) => state.platform.live.endFeeds((feed) => feed.feedId === feedId).length > 0,
    attachViewers: async (input) => attachViewers(state.platform, checked(viewersInput, input)),
    detachViewer: (clientId) => state.platform.live.detach(clientId) !== undefined,
    fault: (input) => faults.add(checked(faultInput, input)),
    clearFaults: () => faults.clear(),
    lag: { get: () => state.platform.lag.get(), set: (ms) => state.platform.lag.set(ms) },
    calls: () => calls.list(),
    clearCalls: () => calls.clear(),
    reset,
    truth({ from, to, ...filter }) {
      const { traffic, live, ledger, clock } = state.platform;
      return truthOf(traffic, live, ledger, filter, {
        from: toInstant(from),
        to: Math.min(toInstant(to), clock.now()),
      });
    },
    tokens: {
      publish: () => state.platform.tokens.publish.all(),
      subscribe: () => state.platform.tokens.subscribe.all(),
    },
    addForeignToken: (input) => {
      const { tokens, account, clock } = state.platform;
      const { defaultCluster } = account;
      return addForeignToken(tokens, checked(foreignTokenInput, input), { now: clock.now(), defaultCluster });
    },
    close: () => server.close(),
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function checked<T extends z.ZodType>(schema: T, input: z.input<T>): z.output<T> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const problems = Object.entries(fieldErrorsOf(parsed.error)).map(
    ([field, texts]) => `${field || "input"}: ${texts.join(" ")}`,
  );
  throw new TypeError(problems.join("; "));
}
