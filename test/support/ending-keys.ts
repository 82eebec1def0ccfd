import type { IdempotencyKeyStore } from "../../src/store/idempotency-keys.ts";

/** Returns the keys of a gateway that ends when it would finish the key of an operation: that call and all later ones fail. */
export function endingAt(keys: IdempotencyKeyStore, operation: string): IdempotencyKeyStore {
  let hasEnded = false;
  const alive =
    <Args extends readonly unknown[], Result>(method: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (hasEnded) throw new Error("the gateway has ended");
      return method(...args);
    };
  return {
    knows: alive(keys.knows),
    begin: alive(keys.begin),
    lease: alive(keys.lease),
    lose: alive(keys.lose),
    forget: alive(keys.forget),
    isTaken: alive(keys.isTaken),
    hasRival: alive(keys.hasRival),
    isAnswered: alive(keys.isAnswered),
    unsettled: alive(keys.unsettled),
    finishedSteps: alive(keys.finishedSteps),
    keep: alive(keys.keep),
    deleteExpired: alive(keys.deleteExpired),
    releaseAll: alive(keys.releaseAll),
    finish: alive(async (id, ending) => {
      hasEnded = id.includes(`"${operation}"`);
      if (hasEnded) throw new Error("the gateway has ended");
      await keys.finish(id, ending);
    }),
  };
}
