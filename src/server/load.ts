import { monitorEventLoopDelay, performance } from "node:perf_hooks";

/** How much the process has to do. */
export interface Load {
  /**
   * Does the work, and counts it as under way until it ends. It is told whether there is more to do already than can be done
   * in time: then it had better be little, and is not counted.
   */
  during<Result>(work: (isOverloaded: boolean) => Promise<Result>): Promise<Result>;
  /** How many requests are under way. */
  inFlight(): number;
  close(): void;
}

const WATCHED_EVERY_MS = 20;
/** What is known of the event loop is of so long. */
const LOOKED_AT_EVERY_MS = 1_000;
/** A loop whose turns take so long on average answers nobody in time, */
const MAX_MEAN_DELAY_MS = 1_000;
/** once it has been so at so many looks in a row: a single long turn is over when it is seen. */
const LAGGING_LOOKS = 2;

/** @param maxInFlight how many requests may be under way at once */
export function createLoad(maxInFlight: number): Load {
  const delays = monitorEventLoopDelay({ resolution: WATCHED_EVERY_MS });
  delays.enable();
  let inFlight = 0;
  let lookedAt = performance.now();
  let laggingLooks = 0;
  const isTooHigh = () => {
    if (performance.now() - lookedAt > LOOKED_AT_EVERY_MS) {
      laggingLooks = delays.mean / 1e6 > MAX_MEAN_DELAY_MS ? laggingLooks + 1 : 0;
      delays.reset();
      lookedAt = performance.now();
    }
    return laggingLooks >= LAGGING_LOOKS || inFlight >= maxInFlight;
  };
  return {
    during: async (work) => {
      if (isTooHigh()) return work(true);
      inFlight += 1;
      try {
        return await work(false);
      } finally {
        inFlight -= 1;
      }
    },
    inFlight: () => inFlight,
    close: () => {
      delays.disable();
    },
  };
}
