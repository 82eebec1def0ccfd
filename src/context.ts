import { type AuditedAction, type AuditRecorder, createAuditRecorder } from "./auth/audit-recorder.ts";
import type { Caller } from "./auth/caller.ts";
import type { RefusedAttemptLog } from "./auth/refused-attempt-log.ts";
import type { Sessions } from "./auth/session.ts";
import type { AccountCache } from "./cache/account-cache.ts";
import type { DiscoveredNames } from "./cache/discovered-names.ts";
import type { LiveStreamCache } from "./cache/live-stream-cache.ts";
import type { PartnerCache } from "./cache/partner-cache.ts";
import type { PartnerTokens } from "./cache/partner-tokens.ts";
import type { PatternReadings } from "./cache/pattern-readings.ts";
import type { StreamCatalog } from "./cache/stream-catalog.ts";
import type { TokenCache } from "./cache/token-cache.ts";
import type { UsageCache } from "./cache/usage-cache.ts";
import type { ThumbnailLimit } from "./limits/thumbnail-limit.ts";
import { createLoaders, type Loaders } from "./loaders/loaders.ts";
import { createStaleness, type Staleness } from "./loaders/staleness.ts";
import { scopeToPartner } from "./loaders/tenant-scope.ts";
import type { CostStatus } from "./model/cost.ts";
import { type Retention, retentionAt } from "./model/usage/time-window.ts";
import type { Clock } from "./primitives/clock.ts";
import { setDeadline } from "./primitives/deadline.ts";
import type { IdempotencyStore } from "./store/idempotency.ts";
import type { PartnerWork } from "./store/partner-work.ts";
import type { Store } from "./store/store.ts";
import { type CallCounter, countCalls } from "./upstream/call-counter.ts";
import type { PlatformClock } from "./upstream/platform-clock.ts";
import type { Upstream } from "./upstream/upstream.ts";

/** The parts that all requests share. */
export interface SharedServices {
  readonly upstream: Upstream;
  readonly tokenCache: TokenCache;
  readonly partnerCache: PartnerCache;
  readonly partnerTokens: PartnerTokens;
  readonly liveStreamCache: LiveStreamCache;
  readonly patternReadings: PatternReadings;
  readonly discoveredNames: DiscoveredNames;
  readonly streamCatalog: StreamCatalog;
  readonly account: AccountCache;
  readonly usageCache: UsageCache;
  readonly idempotency: IdempotencyStore;
  readonly partnerWork: PartnerWork;
  readonly store: Store;
  readonly refusals: RefusedAttemptLog;
  readonly sessions: Sessions;
  readonly thumbnailLimit: ThumbnailLimit;
  /** This gateway's own time: keys, sessions, budgets, the audit log and the registry go by it. */
  readonly clock: Clock;
  /** The platform's time: windows of figures and all that the Director judges go by it, and nothing else. */
  readonly platformClock: Clock;
  /** Returns the span from an instant of our own time until now as the platform may have dated it, at its widest. */
  readonly spanOnPlatform: PlatformClock["span"];
  /** The longest that figures are taken to lag behind the quarter hour, in milliseconds. */
  readonly usageLagMs: number;
  /** Origin of the platform's Director, where streams are published and watched. */
  readonly directorUrl: string;
}

/** What a resolver receives, made anew for each request. */
export interface GraphContext extends Omit<SharedServices, "discoveredNames" | "partnerTokens" | "streamCatalog"> {
  readonly caller: Caller;
  /** The caller's network address; null where it is not known. */
  readonly address: string | null;
  /** All reading for the caller goes through these: they know what it may be shown. */
  readonly loaders: Loaders;
  /** What of the answer is past its freshness: whoever serves such a thing says so here. */
  readonly staleness: Staleness;
  /** Writes the audit log for the caller. */
  readonly audit: AuditRecorder;
  /** The mutation that is under way, as the audit log tells of it; null in a query. */
  readonly act: AuditedAction | null;
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
  readonly callCounter?: CallCounter | undefined;
}

/**
 * Makes contexts over the parts that all requests share. Those stand in the prototype, and what a request may never need is
 * made when it is asked for: either took longer than a small query does.
 */
export function createContexts(shared: SharedServices): (facts: RequestFacts) => GraphContext {
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
export function withAuditedAction(context: GraphContext, act: AuditedAction, upstream: Upstream): GraphContext {
  return Object.create(context, {
    act: { value: act, enumerable: true },
    upstream: { value: upstream, enumerable: true },
  }) as GraphContext;
}

type Lazy = {
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
  declare readonly shared: SharedServices;
  readonly caller: Caller;
  readonly address: string | null;
  readonly cost: CostStatus;
  readonly now: number;
  readonly ownNow: number;
  readonly act: AuditedAction | null = null;
  private readonly facts: RequestFacts;
  /** What has been made so far, the same for the contexts of the request's mutations. */
  private readonly lazy: Lazy = {};

  constructor(facts: RequestFacts) {
    this.facts = facts;
    this.caller = facts.caller;
    this.address = facts.address;
    this.cost = facts.cost;
    this.now = this.shared.platformClock();
    this.ownNow = this.shared.clock();
  }

  get signal(): AbortSignal | undefined {
    const { lazy, facts } = this;
    if (!lazy.signal && facts.signal) {
      lazy.signal = facts.signal();
      if (facts.readsUntil != null) setDeadline(lazy.signal, facts.readsUntil - performance.now());
    }
    return lazy.signal;
  }

  get retention(): Retention {
    this.lazy.retention ??= retentionAt(this.now, this.shared.usageLagMs);
    return this.lazy.retention;
  }

  get staleness(): Staleness {
    this.lazy.staleness ??= createStaleness(this.now);
    return this.lazy.staleness;
  }

  get upstream(): Upstream {
    const { callCounter } = this.facts;
    this.lazy.upstream ??= callCounter ? countCalls(this.shared.upstream, callCounter) : this.shared.upstream;
    return this.lazy.upstream;
  }

  get account(): AccountCache {
    this.lazy.account ??= {
      id: this.shared.account.id,
      putClusters: this.shared.account.putClusters,
      clusters: () => this.shared.account.clusters((ageMs) => this.staleness.record("CLUSTERS", ageMs)),
    };
    return this.lazy.account;
  }

  get audit(): AuditRecorder {
    const { store, refusals, clock } = this.shared;
    this.lazy.audit ??= createAuditRecorder(store, refusals, this.caller, this.address, clock);
    return this.lazy.audit;
  }

  get loaders(): Loaders {
    this.lazy.loaders ??= loadersOf(this.shared, this);
    return this.lazy.loaders;
  }
}

type Reader = Pick<GraphContext, "upstream" | "caller" | "now" | "signal" | "staleness">;

function loadersOf(shared: SharedServices, context: Reader): Loaders {
  const { upstream, now, caller } = context;
  const { partner } = caller;
  const scope = partner ? `partner:${partner.id}` : "account";
  const whole = createLoaders({ ...shared, upstream }, scope, now, context);
  return partner ? scopeToPartner(whole, partner, shared.partnerTokens, now) : whole;
}
