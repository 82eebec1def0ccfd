import { type Act, type Auditor, createAuditor } from "./auth/auditor.ts";
import type { Caller } from "./auth/caller.ts";
import type { Sessions } from "./auth/session.ts";
import type { AccountFacts } from "./directory/account-facts.ts";
import type { FigureCache } from "./directory/figure-cache.ts";
import type { LiveDirectory } from "./directory/live-directory.ts";
import type { PartnerDirectory } from "./directory/partner-directory.ts";
import type { Sightings } from "./directory/sightings.ts";
import type { StreamCatalog } from "./directory/stream-catalog.ts";
import type { TokenDirectory } from "./directory/token-directory.ts";
import { createLoaders, type Loaders } from "./loaders/loaders.ts";
import { createStaleness, type Staleness } from "./loaders/staleness.ts";
import { behindWall } from "./loaders/wall.ts";
import type { CostStatus } from "./model/cost.ts";
import type { IdempotencyStore } from "./store/idempotency.ts";
import type { Store } from "./store/store.ts";
import { counted, type Tally } from "./upstream/counted.ts";
import type { Clock } from "./upstream/platform-clock.ts";
import type { Upstream } from "./upstream/upstream.ts";

/** The parts that all requests share. */
export interface SharedParts {
  readonly upstream: Upstream;
  readonly directory: TokenDirectory;
  readonly partnerDirectory: PartnerDirectory;
  readonly liveDirectory: LiveDirectory;
  readonly sightings: Sightings;
  readonly streamCatalog: StreamCatalog;
  readonly account: AccountFacts;
  readonly figureCache: FigureCache;
  readonly idempotency: IdempotencyStore;
  readonly store: Store;
  readonly sessions: Sessions;
  /** The platform's time. */
  readonly clock: Clock;
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
  /** One instant for the whole request, so that all its windows end alike. Milliseconds since the epoch. */
  readonly now: number;
}

/** What is known of a request before the graph looks at it. */
export interface RequestFacts {
  readonly caller: Caller;
  readonly address: string | null;
  readonly signal?: AbortSignal | undefined;
  readonly cost: CostStatus;
  /** Counts the questions that are put to the platform for this request alone. */
  readonly tally?: Tally | undefined;
}

/** What a request may never need is made when it is asked for: loaders take longer than a small query does. */
export function createContext(
  shared: SharedParts,
  { caller, address, signal, cost, tally }: RequestFacts,
): GraphContext {
  const parts = tally ? { ...shared, upstream: counted(shared.upstream, tally) } : shared;
  const now = parts.clock();
  const staleness = createStaleness(now);
  const account: AccountFacts = {
    id: parts.account.id,
    clusters: () => parts.account.clusters((ageMs) => staleness.note("CLUSTERS", ageMs)),
  };
  let loaders: Loaders | null = null;
  let audit: Auditor | null = null;
  const context: GraphContext = {
    ...parts,
    account,
    caller,
    address,
    signal,
    now,
    staleness,
    act: null,
    cost,
    get loaders() {
      loaders ??= loadersOf(parts, context);
      return loaders;
    },
    get audit() {
      audit ??= createAuditor(parts.store, caller, address, parts.clock);
      return audit;
    },
  };
  return context;
}

function loadersOf(parts: SharedParts, { caller: { partner }, now, signal, staleness }: GraphContext): Loaders {
  const whole = createLoaders(parts, partner ? `partner:${partner.id}` : "account", now, signal, staleness);
  return partner ? behindWall(whole, partner, now) : whole;
}
