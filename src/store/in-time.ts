import { StoreError } from "./store-error.ts";

/** Longest that a request waits for the store to tell who its caller is, in milliseconds. */
export const IDENTIFYING_MS = 2_000;

/**
 * Returns what a read of the store gives, unless it takes longer than {@link IDENTIFYING_MS}. A pooler accepts connections
 * whose database is gone, so a read would otherwise wait for the driver's own time limit.
 *
 * @throws StoreError when the time is up; the read goes on, and its outcome is ignored
 */
export async function inTime<Result>(read: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeIsUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new StoreError(`The database did not answer within ${IDENTIFYING_MS / 1000} seconds.`));
    }, IDENTIFYING_MS);
    timer.unref();
  });
  try {
    return await Promise.race([read, timeIsUp]);
  } finally {
    clearTimeout(timer);
  }
}
