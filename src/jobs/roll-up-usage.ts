import { setImmediate as nextTurn } from "node:timers/promises";
import type { Logger } from "pino";
import type { AccountCache } from "../cache/account-cache.ts";
import { hoursKeptSince, isAtMonthTurn, type RollUp } from "../model/usage/roll-up.ts";
import { DAY_MS, floorTo } from "../model/usage/time.ts";
import type { Clock } from "../primitives/clock.ts";
import { LeaseLostError } from "../store/leases.ts";
import type { Lease } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import type { UsageCollector } from "./collect-usage.ts";
import { usageSeriesOf } from "./collection-plan.ts";

export interface UsageRollUpOptions {
  readonly store: Pick<Store, "usageArchive">;
  readonly account: Pick<AccountCache, "id">;
  /** Collector of the same gateway, whose lease fences the roll-up. */
  readonly collector: Pick<UsageCollector, "lease">;
  /** Days for which hours are kept; null for no limit. */
  readonly hoursKeptDays: number | null;
  readonly platformClock: Clock;
  readonly logger: Logger;
}

/** Replaces the hours of old days by these days, on the gateway that collects. */
export interface UsageRollUp {
  /** Starts to roll up what has become too old, once a UTC day. Call it every {@link ROLL_UP_TICK_MS}. Never rejects. */
  tick(): Promise<void>;
  /** Resolves when nothing is being rolled up. */
  idle(): Promise<void>;
  /** Stops between two days of a series. */
  stop(): Promise<void>;
  stats(): RollUpStats;
}

/** Days of series: those that were rolled up since the start, and those that the newest pass left as they were. */
export interface RollUpStats {
  readonly rolledUp: number;
  /** Days with hours that are not settled. */
  readonly open: number;
  /** Days that contradict their hours, or can't have the sum of these. */
  readonly different: number;
}

/** Interval between ticks, in milliseconds. */
export const ROLL_UP_TICK_MS = 60_000;

/** Creates the roll-up; it does nothing before its first tick. */
export function createUsageRollUp(options: UsageRollUpOptions): UsageRollUp {
  const { store, account, collector, hoursKeptDays, platformClock, logger } = options;
  const { usageArchive } = store;
  let running: Promise<void> | null = null;
  let isStopped = false;
  /** Start of the oldest day whose hours are kept, as of the newest complete pass. */
  let done = Number.NEGATIVE_INFINITY;
  let rolledUp = 0;
  let left = { open: 0, different: 0 };

  /** Rolls up all days before an instant. @returns whether it was not stopped */
  const pass = async (before: number, lease: Lease): Promise<boolean> => {
    const outcomes: Record<RollUp["outcome"], number> = { ROLLED_UP: 0, OPEN: 0, DIFFERENT: 0 };
    const owner = await account.id();
    const sources = await usageArchive.sources(owner);
    for (const source of sources) {
      if (source.granularity !== "HOUR") continue;
      const series = usageSeriesOf(owner, source, source.name);
      // What is still to be read decides whether an hour is missing.
      const to = Math.min(before, floorTo(source.until, DAY_MS));
      for (let from = 0; ; ) {
        if (isStopped) return false;
        // SQLite answers on this thread, and most series have nothing to roll up.
        await nextTurn();
        const hour = await usageArchive.oldestHour(series, { from, to });
        if (hour === null) break;
        const day = floorTo(hour, DAY_MS);
        from = day + DAY_MS;
        if (!isAtMonthTurn(day)) outcomes[await usageArchive.rollUpDay(series, day, lease)] += 1;
      }
    }
    rolledUp += outcomes.ROLLED_UP;
    left = { open: outcomes.OPEN, different: outcomes.DIFFERENT };
    await usageArchive.dropEmptyPartitions(before, lease);
    if (outcomes.ROLLED_UP > 0)
      logger.info({ days: outcomes.ROLLED_UP, before: new Date(before) }, "usage was rolled up");
    if (outcomes.DIFFERENT > 0)
      logger.warn(
        { days: outcomes.DIFFERENT },
        "hours of usage contradict their day or exceed 64 bits together; all are kept",
      );
    return true;
  };

  const run = async (before: number, lease: Lease) => {
    try {
      if (await pass(before, lease)) done = before;
    } catch (error) {
      if (!isStopped && !(error instanceof LeaseLostError)) logger.warn({ err: error }, "usage could not be rolled up");
    } finally {
      running = null;
    }
  };

  return {
    tick: async () => {
      const before = hoursKeptSince(platformClock(), hoursKeptDays);
      const lease = collector.lease();
      if (before === null || lease === null || running || isStopped || before <= done) return;
      running = run(before, lease);
    },
    idle: async () => {
      await running;
    },
    stop: async () => {
      isStopped = true;
      await running;
    },
    stats: () => ({ rolledUp, ...left }),
  };
}
