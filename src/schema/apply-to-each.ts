import pLimit from "p-limit";
import { type UserErrorShape, userErrors } from "./errors.ts";

/** Changes that one mutation sends to the platform at the same time. */
const MAX_CONCURRENT_CHANGES = 8;

/**
 * Changes each item by a call of its own, up to 8 at the same time. A failure does not keep the others from being changed.
 *
 * @returns the results of those that succeeded and the errors of those that failed, both in the order of the items
 */
export async function applyToEach<Item, Value>(
  items: readonly Item[],
  change: (item: Item, index: number) => Promise<Value>,
): Promise<{ readonly values: Value[]; readonly userErrors: UserErrorShape[] }> {
  const limit = pLimit(MAX_CONCURRENT_CHANGES);
  const outcomes = await Promise.allSettled(items.map((item, index) => limit(change, item, index)));
  return {
    values: outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : [])),
    userErrors: outcomes.flatMap((outcome) => (outcome.status === "rejected" ? userErrors(outcome.reason) : [])),
  };
}
