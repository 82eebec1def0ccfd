import type { Logger } from "pino";
import type { AccountCache } from "../cache/account-cache.ts";
import type { DiscoveredNames } from "../cache/discovered-names.ts";
import type { TokenCache } from "../cache/token-cache.ts";
import type { UsageCache } from "../cache/usage-cache.ts";
import type { Clock } from "../primitives/clock.ts";
import type { Upstream } from "../upstream/upstream.ts";
import { ATTENDANCE_TICK_MS, type AttendanceCollector } from "./collect-attendance.ts";
import { COLLECTOR_TICK_MS, type UsageCollector } from "./collect-usage.ts";
import { discoverNames } from "./discover-names.ts";
import { refreshHotUsage } from "./refresh-hot-usage.ts";
import { ROLL_UP_TICK_MS, type UsageRollUp } from "./roll-up-usage.ts";

/** Runs what a gateway does by itself. */
export interface JobScheduler {
  /** Reads what every query needs and starts the timers. Requests need not wait for the promise. */
  start(): Promise<void>;
  /** Stops the timers, and waits until the collector and the roll-up have stopped. */
  stop(): Promise<void>;
}

interface JobServices {
  readonly account: Pick<AccountCache, "id" | "clusters">;
  readonly tokenCache: TokenCache;
  readonly usageCache: UsageCache;
  readonly discoveredNames: DiscoveredNames;
  readonly upstream: Pick<Upstream, "analytics">;
  readonly platformClock: Clock;
  /** Null if this gateway does not collect usage. */
  readonly usageCollector: UsageCollector | null;
  readonly usageRollUp: UsageRollUp | null;
  /** Null if this gateway does not count attendance. */
  readonly attendanceCollector: AttendanceCollector | null;
}

export interface JobOptions {
  readonly logger: Logger;
  readonly tokenRefreshMs: number;
  /** Whether the token list is also read without requests, so that suspensions are enforced. */
  readonly enforceSuspension?: boolean;
}

/** Interval between searches of traffic for unknown names, in milliseconds. */
const DISCOVERY_INTERVAL_MS = 3_600_000;
/** Interval between refreshes of frequently requested usage, in milliseconds. */
const USAGE_REFRESH_INTERVAL_MS = 5_000;
/** Shortest interval between readings of the token list, in milliseconds. */
const MIN_TOKEN_REFRESH_INTERVAL_MS = 1_000;

/** Creates the jobs of one gateway; none runs before `start`. */
export function createJobScheduler(services: JobServices, options: JobOptions): JobScheduler {
  const { account, tokenCache, usageCache, discoveredNames, upstream, platformClock, usageCollector, usageRollUp } =
    services;
  const { attendanceCollector } = services;
  const { logger, tokenRefreshMs, enforceSuspension = false } = options;
  const timers: NodeJS.Timeout[] = [];
  const repeat = (intervalMs: number, job: () => Promise<void>) => {
    timers.push(setInterval(() => void job(), intervalMs).unref());
  };

  let isStopped = false;
  let position = 0;
  const discover = async () => {
    try {
      const sources = { tokenCache, analytics: upstream.analytics };
      position = await discoverNames(sources, discoveredNames, platformClock(), position);
    } catch (error) {
      logger.warn({ err: error }, "traffic could not be searched for stream names");
    }
  };

  return {
    start: async () => {
      repeat(DISCOVERY_INTERVAL_MS, discover);
      repeat(USAGE_REFRESH_INTERVAL_MS, () => refreshHotUsage(usageCache, upstream.analytics));
      if (enforceSuspension) {
        repeat(Math.max(tokenRefreshMs, MIN_TOKEN_REFRESH_INTERVAL_MS), () =>
          tokenCache.refresh().catch(() => undefined),
        );
      }
      await Promise.allSettled([tokenCache.read(), account.id(), account.clusters()]);
      await discover();
      logger.debug("the token list, account and clusters were read");
      if (usageCollector && !isStopped) {
        repeat(COLLECTOR_TICK_MS, usageCollector.tick);
        if (usageRollUp) repeat(ROLL_UP_TICK_MS, usageRollUp.tick);
        await usageCollector.tick();
        await usageRollUp?.tick();
      }
      if (attendanceCollector && !isStopped) repeat(ATTENDANCE_TICK_MS, attendanceCollector.tick);
    },
    stop: async () => {
      isStopped = true;
      for (const timer of timers) clearInterval(timer);
      await Promise.all([usageCollector?.stop(), usageRollUp?.stop(), attendanceCollector?.stop()]);
    },
  };
}
