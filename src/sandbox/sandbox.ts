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

/** How to start a sandbox. Everything has a default. */
export interface SandboxOptions {
  /** Other seeds give other secrets and other figures for the same streams and tokens. 1 without it. */
  readonly seed?: number;
  /** The sandbox's first instant: milliseconds, a Date, `YYYY-MM-DD` or ISO 8601. The real present without it. */
  readonly startAt?: string | number | Date;
  /** True when time moves only by `clock`. False without it: time runs as it does outside. */
  readonly frozen?: boolean;
  /** The API secret of the account. `sandbox-secret` without it. */
  readonly secret?: string;
  /** `127.0.0.1` without it. */
  readonly host?: string;
  /** A free port without it. */
  readonly port?: number;
  /**
   * For how long after each quarter hour analytics still answer with the figures of the quarter hour before, in
   * milliseconds, less than a quarter hour. One minute without it.
   */
  readonly lagMs?: number;
  /** How many further streams to make for scale tests: `bulk-00001` and so on. None without it. */
  readonly bulk?: number;
  /** Sees each call of the platform's paths with its answer, credentials included. */
  readonly onExchange?: (exchange: Exchange) => void;
  /**
   * Waits where a fault asks for it: so many milliseconds for `latencyMs`, and for each byte of `dripMs`; Infinity is told of
   * each call that `hang` leaves without an answer. A timer of the process without it.
   */
  readonly wait?: (ms: number) => Promise<void>;
}

/** Which traffic to add up, and from when to when: `[from, to)`, milliseconds or dates. */
export interface TruthQuery extends TruthFilter {
  readonly from: number | string;
  readonly to: number | string;
}

/** A running sandbox. All of it is also on the paths under `/sandbox/`. */
export interface Sandbox extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`: the one origin of api., analyticsapi., director. and the conference platform. */
  readonly origin: string;
  /** The API secret that api. and analyticsapi. paths take as bearer. */
  readonly secret: string;
  /** The first part of every stream id. */
  readonly accountId: string;
  /** What the conference platform's token endpoint takes. */
  readonly conferenceApp: ConferenceApp;
  readonly clock: Pick<Clock, "now" | "advance" | "set">;
  /**
   * Starts a feed if the Director lets it in.
   *
   * @throws TypeError when the input is malformed
   */
  startFeed(input: FeedInput): StartedFeed | DirectorRefusal;
  /** Ends a feed as its encoder would: for good. @returns false when it is not live */
  stopFeed(feedId: string): boolean;
  /**
   * Attaches viewers if the Director lets them in.
   *
   * @throws TypeError when the input is malformed
   */
  attachViewers(input: ViewersInput): Promise<AttachedViewers | DirectorRefusal>;
  /** Ends a viewer's connection. @returns false when it has none */
  detachViewer(clientId: string): boolean;
  /**
   * Makes coming calls of the platform's paths go wrong.
   *
   * @throws TypeError when the input is malformed
   */
  fault(input: FaultInput): void;
  clearFaults(): void;
  /** Calls of the platform's paths, oldest first: the newest ten thousand. */
  calls(): readonly RecordedCall[];
  clearCalls(): void;
  /** How far analytics lag behind the quarter hour, see {@link SandboxOptions.lagMs}. */
  readonly lag: Lag;
  /** Back to the seed and to the first instant; faults and calls are forgotten, the port stays. */
  reset(): void;
  /**
   * What really flowed, up to now: straight from the traffic function and the live part, independent of how the
   * endpoints add up, of what they retain and of the quarter hour. The weekly gap counts nothing here either.
   */
  truth(query: TruthQuery): Truth;
  /** Every token with its secret. */
  readonly tokens: { publish(): readonly PublishToken[]; subscribe(): readonly SubscribeToken[] };
  /**
   * Puts a token there whose pattern the sandbox's own engine does not take, as the platform's dashboard can make it.
   *
   * @throws TypeError when the input is malformed
   */
  addForeignToken(input: ForeignTokenInput): PublishToken | SubscribeToken;
  close(): Promise<void>;
}

/** Waits for a timer of the process, or for ever. */
async function realWait(ms: number): Promise<void> {
  if (Number.isFinite(ms)) await sleep(ms, undefined, { ref: false });
}

const DEFAULT_SEED = 1;
const DEFAULT_SECRET = "sandbox-secret";

/**
 * Starts an emulator of the Millicast REST platform over real HTTP, on loopback unless told otherwise.
 *
 * How it hangs together: `seed` plants an account, its tokens and its streams. What a stream carried in the past follows
 * from `traffic`, a pure function; what connects since goes through the check in `director` into `live`. The `ledger`
 * joins the two into readings, of which `analytics` shows sums; `records` and `monitoring` show the same connections one
 * by one. `platform.ts` creates it all without HTTP, `routes.ts` gives it its paths, and `http` serves them.
 *
 * @throws RangeError when `startAt` is no date, or `lagMs` no lag
 */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const {
    seed = DEFAULT_SEED,
    startAt = Date.now(),
    frozen = false,
    secret = DEFAULT_SECRET,
    bulk = 0,
    lagMs,
  } = options;
  const { host = "127.0.0.1", port = 0, onExchange, wait = realWait } = options;
  const faults = createFaults();
  const calls = createCallLog();
  let state = begin();

  function begin(): { platform: Platform; router: ReturnType<typeof createRouter> } {
    const platform = createPlatform(seed, createClock(toInstant(startAt), frozen), bulk, createLag(lagMs));
    const routes = [...platformRoutes(platform, CONFERENCE_APP), ...adminRoutes({ platform, faults, calls, reset })];
    return { platform, router: createRouter(routes) };
  }

  function reset(): void {
    faults.clear();
    calls.clear();
    state = begin();
  }

  const server = await listen(
    {
      serving: () => ({ router: state.router, now: state.platform.clock.now }),
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
