import type { Logger } from "pino";
import type { AccountCache } from "../cache/account-cache.ts";
import { retentionAt } from "../model/usage/retention.ts";
import { DAY_MS, floorTo, HOUR_MS, iso } from "../model/usage/time.ts";
import { AttendanceCounter } from "../model/viewing/attendance.ts";
import type { Clock } from "../primitives/clock.ts";
import { ATTENDANCE_LEASE, LeaseLostError } from "../store/leases.ts";
import type { Lease } from "../store/records.ts";
import type { Store } from "../store/store.ts";
import { UpstreamError } from "../upstream/upstream-error.ts";
import type { ViewerRecords } from "../upstream/viewer-records.ts";
import { createJobLease } from "./job-lease.ts";

export interface AttendanceCollectorOptions {
  readonly store: Pick<Store, "leases" | "attendance">;
  readonly viewerRecords: ViewerRecords;
  readonly account: Pick<AccountCache, "id">;
  /** Id of the gateway. */
  readonly gatewayId: string;
  readonly platformClock: Clock;
  readonly logger: Logger;
}

/** Counts the attendance of each day before the platform deletes its viewer records, on one gateway of a store. */
export interface AttendanceCollector {
  /** Takes or renews the lease, and starts to count a day that is due. Call it every {@link ATTENDANCE_TICK_MS}. Never rejects. */
  tick(): Promise<void>;
  /** Resolves when no day is being counted. */
  idle(): Promise<void>;
  /** Stops within a day, which is counted again later, and lets another gateway take over. */
  stop(): Promise<void>;
}

/** Interval between ticks, in milliseconds. */
export const ATTENDANCE_TICK_MS = 3_000;
/** Time after which the lease expires unless it is renewed, in milliseconds. */
const LEASE_MS = 11_000;
/** Time after the end of a day before it is counted, in milliseconds. */
const LAG_MS = HOUR_MS;
/** Time after the end of a day at which its records are taken to be complete, in milliseconds. */
const FINAL_AFTER_MS = DAY_MS;
/** Pause between two days, in milliseconds: the first start counts a year. */
const PAUSE_MS = 30_000;
/** Time before a day is read again after a failure, in milliseconds. */
const RETRY_MS = 600_000;
/** Time before a day is read again after a refusal, as of an account without viewer records, in milliseconds. */
const RETRY_AFTER_REFUSAL_MS = DAY_MS;
/** Clients and viewer-days of one day that are told apart: about 200 bytes each. */
const MAX_VIEWERS = 500_000;

/** Creates the collector; it does nothing before its first tick. */
export function createAttendanceCollector(options: AttendanceCollectorOptions): AttendanceCollector {
  const { store, viewerRecords, account, gatewayId, platformClock, logger } = options;
  const { leases, attendance } = store;
  const cancellation = new AbortController();
  const lease = createJobLease({ leases, name: ATTENDANCE_LEASE, gatewayId, durationMs: LEASE_MS });
  let running: Promise<void> | null = null;
  let nextAt = Number.NEGATIVE_INFINITY;

  /** Returns the oldest day that is to be counted: the platform deletes it first. Null for none. */
  const dueDay = async (owner: string, now: number): Promise<number | null> => {
    const window = { from: retentionAt(now, 0).dailySince, to: floorTo(now - LAG_MS, DAY_MS) };
    const counted = new Map((await attendance.days(owner, window)).map((each) => [each.day, each]));
    for (let day = window.from; day < window.to; day += DAY_MS) {
      const known = counted.get(day);
      if (!known) return day;
      const finalAt = day + DAY_MS + FINAL_AFTER_MS;
      if (known.readAt < finalAt ? now >= finalAt : known.ongoing > 0 && now >= known.readAt + FINAL_AFTER_MS)
        return day;
    }
    return null;
  };

  const count = async (owner: string, day: number, held: Lease) => {
    const readAt = platformClock();
    const counter = new AttendanceCounter(MAX_VIEWERS, false);
    const window = { from: day, to: day + DAY_MS };
    const query = { window, by: "STARTED", state: null } as const;
    for await (const record of viewerRecords.stream(query, cancellation.signal)) counter.add(record);
    await attendance.write(owner, { day, readAt, ongoing: counter.ongoing }, counter.rows(), held);
    logger.debug({ day: iso(day), connections: counter.connections }, "the attendance of a day was counted");
  };

  const run = async (held: Lease) => {
    try {
      const owner = await account.id();
      const day = await dueDay(owner, platformClock());
      if (day === null) {
        nextAt = floorTo(platformClock(), HOUR_MS) + HOUR_MS;
        return;
      }
      await count(owner, day, held);
      nextAt = platformClock() + PAUSE_MS;
    } catch (error) {
      if (cancellation.signal.aborted) return;
      const isRefused = error instanceof UpstreamError && error.code === "UPSTREAM_REJECTED";
      nextAt = platformClock() + (isRefused ? RETRY_AFTER_REFUSAL_MS : RETRY_MS);
      if (error instanceof LeaseLostError) lease.forget(held);
      logger.warn({ err: error }, "attendance could not be counted; the day is read again later");
    } finally {
      running = null;
    }
  };

  return {
    tick: async () => {
      if (cancellation.signal.aborted) return;
      try {
        const held = await lease.hold();
        if (cancellation.signal.aborted) {
          await lease.release();
          return;
        }
        if (!held || running) return;
        if (platformClock() >= nextAt) running = run(held);
      } catch (error) {
        logger.warn({ err: error }, "the lease of the attendance collector could not be renewed");
      }
    },
    idle: async () => {
      await running;
    },
    stop: async () => {
      cancellation.abort(new DOMException("the gateway is closing", "AbortError"));
      await lease.release();
      await running;
    },
  };
}
