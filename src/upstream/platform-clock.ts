import type { Clock } from "../primitives/clock.ts";

/** A clock that is set by the `Date` header of the platform's answers. */
export interface PlatformClock {
  readonly now: Clock;
  /** Takes in the platform's time as one successful answer told it, in whole seconds. */
  observe(platformTime: number): void;
  /**
   * Returns the span from an instant of this machine's until now as the platform may have dated it, at its widest. What was
   * made in it is found also where the platform's clock is off by more than {@link PlatformClockOptions.maxOffsetMs}.
   */
  span(begunAt: number): { readonly begunAt: number; readonly now: number };
  /** How the platform's clock was found to differ. */
  offset(): PlatformOffset;
}

export interface PlatformOffset {
  /** Milliseconds by which the platform's clock is ahead of this machine's; null until several answers agreed. */
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

/** `Date` is cut to the second and has travelled: within this many milliseconds two clocks are equal. */
const TOLERANCE_MS = 2_000;
/** Answers, one behind the other, that have to agree before an offset counts. */
const AGREEING = 3;

/**
 * The platform's Director decides by its own clock whether a viewer token has expired, and its analytics decide which
 * quarter hour has passed. A gateway whose clock is a little off would sign tokens that are dead on arrival, so it goes by
 * theirs for these. Nothing else goes by it: whoever can write a header of an answer would decide who may call.
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
      // Nearly all answers say what is known, and need no list.
      if (latest.length === 0 && measured !== null && Math.abs(difference - measured) <= TOLERANCE_MS) return;
      latest = [...latest, difference].slice(-AGREEING);
      const sorted = latest.toSorted((a, b) => a - b);
      const [least = 0, median = 0, most = 0] = sorted;
      if (sorted.length < AGREEING || most - least > TOLERANCE_MS) return;
      const wasTooFar = measured !== null && Math.abs(measured) > maxOffsetMs;
      measured = Math.abs(median) > TOLERANCE_MS ? median : 0;
      latest = [];
      const isTooFar = Math.abs(measured) > maxOffsetMs;
      applied = isTooFar ? 0 : measured;
      if (isTooFar && !wasTooFar) onTooFar?.(measured);
    },
  };
}
