import { randomUUID } from "node:crypto";
import type { GatewayMarks } from "../store/gateway-marks.ts";

/** Time after which the mark of a gateway that was killed expires, in milliseconds. */
const MARK_MS = 15_000;
/** Interval between renewals, in milliseconds. */
const RENEWAL_MS = 5_000;

/**
 * Marks the store as used by this gateway, and renews the mark. A renewal that fails is made again with the next.
 *
 * @returns a function that removes the mark
 * @throws StoreError if the first mark cannot be set
 */
export async function markGateway(marks: GatewayMarks): Promise<() => Promise<void>> {
  const id = randomUUID();
  await marks.set(id, MARK_MS);
  let renewal = Promise.resolve();
  const timer = setInterval(() => {
    renewal = marks.set(id, MARK_MS).catch(() => undefined);
  }, RENEWAL_MS).unref();
  return async () => {
    clearInterval(timer);
    await renewal;
    await marks.remove(id).catch(() => undefined);
  };
}
