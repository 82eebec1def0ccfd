import type { Clock } from "../primitives/clock.ts";

/** A clock that follows the `Date` header of the platform's responses. */
export interface PlatformClock {
  readonly now: Clock;
  /** Adds the platform's time from one successful response, which has whole seconds. */
  observe(platformTime: number): void;
  /**
   * Returns the widest span that the platform's clock may show from an instant of this machine until now. Objects that were
   * created in it are found even if the clocks differ by more than {@link PlatformClockOptions.maxOffsetMs}.
   */
  span(begunAt: number): { readonly begunAt: number; readonly now: number };
  /** Returns the measured difference of the platform's clock. */
  offset(): PlatformOffset;
}

export interface PlatformOffset {
  /** Milliseconds by which the platform's clock is ahead of this machine's; null until several responses agreed. */
  readonly measuredMs: number | null;
  /** Milliseconds that {@link PlatformClock.now} adds to this machine's clock. */
  readonly appliedMs: number;
}

export interface PlatformClockOptions {
  /** This machine's clock. */
  readonly machine?: Clock;
  /** Largest offset that is applied, in milliseconds. Beyond it this machine's clock counts. */
  readonly maxOffsetMs: number;
  /** Called once when the offset passes {@link maxOffsetMs}, and again only after it has been within it. */
  readonly onTooFar?: (offsetMs: number) => void;
}

/** Milliseconds within which two clocks count as equal: `Date` has whole seconds, and some latency. */
const TOLERANCE_MS = 2_000;
/** Consecutive responses that must agree before an offset is applied. */
const MIN_AGREEING = 3;

/**
 * Creates a clock that shows this machine's time until several responses agree on an offset.
 *
 * The platform's own clock decides whether a viewer token has expired, and which quarter hour is over. A gateway whose clock
 * differs would sign tokens that are rejected. Authentication never uses this clock: a forged header would control it.
 */
export function createPlatformClock({
  machine = Date.now,
  maxOffsetMs,
  onTooFar,
}: PlatformClockOptions): PlatformClock {
  let latest: readonly number[] = [];
  let measured: number | null = null;
  let applied = 0;
  return {
    now: () => machine() + applied,
    span: (begunAt) => ({
      begunAt: begunAt + Math.min(applied, measured ?? 0),
      now: machine() + Math.max(applied, measured ?? 0),
    }),
    offset: () => ({ measuredMs: measured, appliedMs: applied }),
    observe: (platformTime) => {
      const difference = platformTime + 500 - machine();
      // Nearly all responses confirm the offset, and need no list.
      if (latest.length === 0 && measured !== null && Math.abs(difference - measured) <= TOLERANCE_MS) return;
      latest = [...latest, difference].slice(-MIN_AGREEING);
      const sorted = latest.toSorted((a, b) => a - b);
      const [least = 0, median = 0, most = 0] = sorted;
      if (sorted.length < MIN_AGREEING || most - least > TOLERANCE_MS) return;
      const wasTooFar = measured !== null && Math.abs(measured) > maxOffsetMs;
      measured = Math.abs(median) > TOLERANCE_MS ? median : 0;
      latest = [];
      const isTooFar = Math.abs(measured) > maxOffsetMs;
      applied = isTooFar ? 0 : measured;
      if (isTooFar && !wasTooFar) onTooFar?.(measured);
    },
  };
}
