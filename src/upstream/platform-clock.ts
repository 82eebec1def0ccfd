/** The time by the platform's clock, in milliseconds since the epoch. */
export type Clock = () => number;

/** A clock that is set by the `Date` header of the platform's answers. */
export interface PlatformClock {
  readonly now: Clock;
  /** Takes in the platform's time, which is told in whole seconds. */
  observe(platformTime: number): void;
}

/** `Date` is cut to the second and has travelled: within this the two clocks are the same. */
const TOLERANCE_MS = 2_000;

/**
 * The platform's Director decides by its own clock whether a viewer token has expired, and its analytics decide which
 * quarter hour has passed. A gateway whose clock is off would sign tokens that are dead on arrival, so it goes by theirs.
 */
export function createPlatformClock(systemNow: Clock = Date.now): PlatformClock {
  let offset = 0;
  return {
    now: () => systemNow() + offset,
    observe: (platformTime) => {
      const difference = platformTime + 500 - systemNow();
      if (Math.abs(difference - offset) > TOLERANCE_MS) offset = Math.abs(difference) > TOLERANCE_MS ? difference : 0;
    },
  };
}
