import { type Act, type Auditor, createAuditor } from "./auth/audit-recorder.ts";
import type { Caller } from "./auth/caller.ts";
import type { Refusals } from "./auth/refused-attempt-log.ts";
import type { Sessions } from "./auth/session.ts";
import type { AccountFacts } from "./cache/account-cache.ts";
import type { Sightings } from "./cache/discovered-names.ts";
import type { LiveDirectory } from "./cache/live-stream-cache.ts";
import type { PartnerDirectory } from "./cache/partner-cache.ts";
import type { PatternReadings } from "./cache/pattern-readings.ts";
import type { StreamCatalog } from "./cache/stream-catalog.ts";
import type { TokenDirectory } from "./cache/token-cache.ts";
import type { FigureCache } from "./cache/usage-cache.ts";
import type { ThumbnailLimit } from "./limits/thumbnail-limit.ts";
import { createLoaders, type Loaders } from "./loaders/loaders.ts";
import { createStaleness, type Staleness } from "./loaders/staleness.ts";
import { behindWall } from "./loaders/tenant-scope.ts";
import type { CostStatus } from "./model/cost.ts";
import { type Retention, retentionAt } from "./model/usage/time-window.ts";
import { setDeadline } from "./primitives/deadline.ts";
import type { IdempotencyStore } from "./store/idempotency.ts";
import type { PartnerWork } from "./store/partner-work.ts";
import type { Store } from "./store/store.ts";
import { counted, type Tally } from "./upstream/call-counter.ts";
import type { Clock, PlatformClock } from "./upstream/platform-clock.ts";
import type { Upstream } from "./upstream/upstream.ts";

/** The parts that all requests share. */
export interface SharedParts {
  readonly upstream: Upstream;
  readonly directory: TokenDirectory;
  readonly partnerDirectory: PartnerDirectory;
  readonly liveDirectory: LiveDirectory;
  readonly patternReadings: PatternReadings;
  readonly sightings: Sightings;
  readonly streamCatalog: StreamCatalog;
  readonly account: AccountFacts;
  readonly figureCache: FigureCache;
  readonly idempotency: IdempotencyStore;
  readonly partnerWork: PartnerWork;
  readonly store: Store;
  readonly refusals: Refusals;
  readonly sessions: Sessions;
  readonly thumbnailLimit: ThumbnailLimit;
  /** This gateway's own time: keys, sessions, budgets, the audit log and the registry go by it. */
  readonly clock: Clock;
  /** The platform's time: windows of figures and all that the Director judges go by it, and nothing else. */
  readonly platformClock: Clock;
  /** Returns the span from an instant of our own time until now as the platform may have dated it, at its widest. */
  readonly spanOnPlatform: PlatformClock["span"];
  /** The longest that figures are taken to lag behind the quarter hour, in milliseconds. */
  readonly figuresLagMs: number;
  /** Origin of the platform's Director, where streams are published and watched. */
  readonly directorUrl: string;
}

/** What a resolver receives, made anew for each request. */
export interface GraphContext extends Omit<SharedParts, "sightings" | "streamCatalog"> {
  readonly caller: Caller;
  /** The caller's network address; null where it is not known. */
  readonly address: string | null;
  /** All reading for the caller goes through these: they know what it may be shown. */
  readonly loaders: Loaders;
  /** What of the answer is past its freshness: whoever serves such a thing says so here. */
  readonly staleness: Staleness;
  /** Writes the audit log for the caller. */
  readonly audit: Auditor;
  /** The mutation that is under way, as the audit log tells of it; null in a query. */
  readonly act: Act | null;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal | undefined;
  /** What this request costs. */
  readonly cost: CostStatus;
  /**
   * One instant of the platform's time for the whole request, so that all its windows end alike. Milliseconds since the epoch.
   * Windows of figures and all that the Director judges go by it.
   */
  readonly now: number;
  /** The same instant of this gateway's own time: keys, the registry and whatever else the platform does not judge go by it. */
  readonly ownNow: number;
  /** What the platform keeps at that instant, and up to when its figures are in. */
  readonly retention: Retention;
}

/** What is known of a request before the graph looks at it. */
export interface RequestFacts {
  readonly caller: Caller;
  readonly address: string | null;
  /** Gives the signal of the client's leaving; undefined where it can't leave. */
  readonly signal?: (() => AbortSignal) | undefined;
  /** By when its reads have to be over, by `performance.now()`; null for no such time. */
  readonly readsUntil?: number | null;
  readonly cost: CostStatus;
  /** Counts the questions that are put to the platform for this request alone. */
  readonly tally?: Tally | undefined;
}

/**
 * Makes contexts over the parts that all requests share. Those stand in the prototype, and what a request may never need is
 * made when it is asked for: either took longer than a small query does.
 */
export function createContexts(shared: SharedParts): (facts: RequestFacts) => GraphContext {
  class OverShared extends RequestContext {}
  const { upstream: _, account: __, ...parts } = shared;
  Object.assign(OverShared.prototype, parts, { shared });
  return (facts) => new OverShared(facts) as unknown as GraphContext;
}

/**
 * The same context, while a mutation is under way.
 *
 * @param upstream the clients that the mutation changes the platform through
 */
export function contextDuring(context: GraphContext, act: Act, upstream: Upstream): GraphContext {
  return Object.create(context, {
    act: { value: act, enumerable: true },
    upstream: { value: upstream, enumerable: true },
  }) as GraphContext;
}

type Made = {
  -readonly [Part in
    | "signal"
    | "staleness"
    | "upstream"
    | "account"
    | "audit"
    | "loaders"
    | "retention"]?: GraphContext[Part];
};

class RequestContext {
  declare readonly shared: SharedParts;
  readonly caller: Caller;
  readonly address: string | null;
  readonly cost: CostStatus;
  readonly now: number;
  readonly ownNow: number;
  readonly act: Act | null = null;
  private readonly facts: RequestFacts;
  /** What has been made so far, the same for the contexts of the request's mutations. */
  private readonly made: Made = {};

  constructor(facts: RequestFacts) {
    this.facts = facts;
    this.caller = facts.caller;
    this.address = facts.address;
    this.cost = facts.cost;
    this.now = this.shared.platformClock();
    this.ownNow = this.shared.clock();
  }

  get signal(): AbortSignal | undefined {
    const { made, facts } = this;
    if (!made.signal && facts.signal) {
      made.signal = facts.signal();
      if (facts.readsUntil != null) setDeadline(made.signal, facts.readsUntil - performance.now());
    }
    return made.signal;
  }

  get retention(): Retention {
    this.made.retention ??= retentionAt(this.now, this.shared.figuresLagMs);
    return this.made.retention;
  }

  get staleness(): Staleness {
    this.made.staleness ??= createStaleness(this.now);
    return this.made.staleness;
  }

  get upstream(): Upstream {
    const { tally } = this.facts;
    this.made.upstream ??= tally ? counted(this.shared.upstream, tally) : this.shared.upstream;
    return this.made.upstream;
  }

  get account(): AccountFacts {
    this.made.account ??= {
      id: this.shared.account.id,
      putClusters: this.shared.account.putClusters,
      clusters: () => this.shared.account.clusters((ageMs) => this.staleness.note("CLUSTERS", ageMs)),
    };
    return this.made.account;
  }

  get audit(): Auditor {
    const { store, refusals, clock } = this.shared;
    this.made.audit ??= createAuditor(store, refusals, this.caller, this.address, clock);
    return this.made.audit;
  }

  get loaders(): Loaders {
    this.made.loaders ??= loadersOf(this.shared, this);
    return this.made.loaders;
  }
}

type Reader = Pick<GraphContext, "upstream" | "caller" | "now" | "signal" | "staleness">;

function loadersOf(shared: SharedParts, context: Reader): Loaders {
  const { upstream, now, caller } = context;
  const { partner } = caller;
  const scope = partner ? `partner:${partner.id}` : "account";
  const whole = createLoaders({ ...shared, upstream }, scope, now, context);
  return partner ? behindWall(whole, partner, now) : whole;
}
