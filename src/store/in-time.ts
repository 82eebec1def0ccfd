import { StoreError } from "./store-error.ts";

/** Time limit for reads of the store that authenticate a caller, in milliseconds. */
export const AUTHENTICATION_TIMEOUT_MS = 2_000;

/**
 * Returns the result of a read of the store, within {@link AUTHENTICATION_TIMEOUT_MS}.
 *
 * A pooler accepts connections while its database is down; the read would then wait for the driver's own time limit.
 *
 * @throws StoreError after the time limit; the read continues, and its outcome is ignored
 */
export async function inTime<Result>(read: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new StoreError(`The database did not answer within ${AUTHENTICATION_TIMEOUT_MS / 1000} seconds.`));
    }, AUTHENTICATION_TIMEOUT_MS);
    timer.unref();
  });
  try {
    return await Promise.race([read, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
