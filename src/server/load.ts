import { monitorEventLoopDelay, performance } from "node:perf_hooks";

/** How much the process has to do. */
export interface Load {
  /** More than it can do in time: whoever comes now had better come back later. */
  isTooHigh(): boolean;
  /** Counts the work as under way until it ends. */
  during<Result>(work: () => Promise<Result>): Promise<Result>;
  close(): void;
}

const WATCHED_EVERY_MS = 20;
/** What is known of the event loop is of so long. */
const LOOKED_AT_EVERY_MS = 1_000;
/** A loop whose turns take so long on average answers nobody in time. */
const MAX_MEAN_DELAY_MS = 1_000;

/** @param maxInFlight how many requests may be under way at once */
export function createLoad(maxInFlight: number): Load {
  const delays = monitorEventLoopDelay({ resolution: WATCHED_EVERY_MS });
  delays.enable();
  let inFlight = 0;
  let lookedAt = performance.now();
  let isLagging = false;
  return {
    isTooHigh: () => {
      if (performance.now() - lookedAt > LOOKED_AT_EVERY_MS) {
        isLagging = delays.mean / 1e6 > MAX_MEAN_DELAY_MS;
        delays.reset();
        lookedAt = performance.now();
      }
      return isLagging || inFlight > maxInFlight;
    },
    during: async (work) => {
      inFlight += 1;
      try {
        return await work();
      } finally {
        inFlight -= 1;
      }
    },
    close: () => {
      delays.disable();
    },
  };
}
