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
import type { CollectionProblems } from "./model/usage/collection-problems.ts";
import { type Retention, retentionAt } from "./model/usage/retention.ts";
import type { Clock } from "./primitives/clock.ts";
import { setDeadline } from "./primitives/deadline.ts";
import type { IdempotencyStore } from "./store/idempotency.ts";
import type { PartnerWork } from "./store/partner-work.ts";
import type { Store } from "./store/store.ts";
import { type CallCounter, countCalls } from "./upstream/call-counter.ts";
import type { PlatformClock } from "./upstream/platform-clock.ts";
import type { Upstream } from "./upstream/upstream.ts";

/** Services that all requests share. */
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
  /** The gateway's own time, for keys, sessions, budgets, the audit log and the registry. */
  readonly clock: Clock;
  /** The platform's time, for windows of usage and everything that the Director decides. */
  readonly platformClock: Clock;
  /** Returns the widest span in which the platform may have dated what happened between an instant of our own time and now. */
  readonly spanOnPlatform: PlatformClock["span"];
  /** Longest delay after a quarter hour before the platform has published its usage, in milliseconds. */
  readonly usageLagMs: number;
  /** Reasons for which this gateway does not collect usage at present. */
  readonly collectionProblems: CollectionProblems;
  /** Days for which collected usage is kept by the hour; null for no limit. */
  readonly hoursKeptDays: number | null;
  /** Origin of the platform's Director, by which streams are published and viewed. */
  readonly directorUrl: string;
}

/** Context of the resolvers of one request. */
export interface GraphContext extends Omit<SharedServices, "discoveredNames" | "partnerTokens" | "streamCatalog"> {
  readonly caller: Caller;
  /** Caller's network address; null where it is not known. */
  readonly address: string | null;
  /** Loaders for every read, restricted to what the caller may see. */
  readonly loaders: Loaders;
  /** Collects the stale data of the response. */
  readonly staleness: Staleness;
  /** Writes the audit log for the caller. */
  readonly audit: AuditRecorder;
  /** Mutation that is being executed, for the audit log; null in a query. */
  readonly action: AuditedAction | null;
  /** Aborted when the client disconnects; undefined if it cannot. */
  readonly signal: AbortSignal | undefined;
  /** Cost of this request. */
  readonly cost: CostStatus;
  /** The platform's time at the start of the request, in milliseconds since the epoch: the same for all its windows. */
  readonly now: number;
  /** The gateway's own time at the start of the request, in milliseconds since the epoch. */
  readonly ownNow: number;
  /** Retention of the platform at the start of the request. */
  readonly retention: Retention;
}

/** Facts of a request from which its context is created. */
export interface RequestFacts {
  readonly caller: Caller;
  readonly address: string | null;
  /** Creates a signal that is aborted when the client disconnects; undefined if it cannot. */
  readonly signal?: (() => AbortSignal) | undefined;
  /** Deadline of all reads, by `performance.now()`; null for none. */
  readonly readsUntil?: number | null;
  readonly cost: CostStatus;
  /** Counts the calls to the platform for this request alone. */
  readonly callCounter?: CallCounter | undefined;
}

/** Returns a factory of contexts. Shared services are in their prototype, and parts that many requests never need are created lazily. */
export function createContexts(shared: SharedServices): (facts: RequestFacts) => GraphContext {
  class SharedContext extends RequestContext {}
  const { upstream: _, account: __, ...parts } = shared;
  Object.assign(SharedContext.prototype, parts, { shared });
  return (facts) => new SharedContext(facts) as unknown as GraphContext;
}

/**
 * Returns the context for the fields of a mutation.
 *
 * @param upstream clients by which the mutation changes the platform
 */
export function withAuditedAction(context: GraphContext, action: AuditedAction, upstream: Upstream): GraphContext {
  return Object.create(context, {
    action: { value: action, enumerable: true },
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
  readonly action: AuditedAction | null = null;
  private readonly facts: RequestFacts;
  /** Parts created so far, shared with the contexts of the request's mutations. */
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
      knownId: this.shared.account.knownId,
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
  return partner
    ? scopeToPartner(whole, partner, shared.partnerTokens, shared.store.partners.formerHolders, now)
    : whole;
}
