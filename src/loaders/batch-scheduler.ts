import { Deferred } from "../primitives/deferred.ts";
import { isPromise, type MaybePromise } from "../primitives/maybe-promise.ts";

/**
 * When the batches of one request leave. DataLoader sends a batch as soon as the resolvers that can run have run. But a
 * field may still be waiting for a list that will name more streams, and each batch that leaves too early is a REST call
 * too many. So a batch waits while something is on its way that will add to it, and only then.
 */
export interface BatchScheduler {
  /** DataLoader's `batchScheduleFn` for loaders of this family. */
  schedule(family: BatchGroup): (dispatch: () => void) => void;
  /**
   * Says that a list will give more names to load in these families: their batches wait for it. What is there already is
   * waited for by nobody.
   *
   * @returns the list itself
   */
  holdUntil<List extends MaybePromise<unknown>>(families: ReadonlySet<BatchGroup>, list: List): List;
  /** No batch leaves before this has settled: all of them may be added to until then. */
  holdWhile(promise: Promise<unknown>): void;
  /** Counts a call that is under way. @returns the call itself */
  track<Call extends MaybePromise<unknown>>(promise: Call): Call;
  /** Resolved when no call is under way and no batch waits to leave. */
  idle(): Promise<void>;
}

/** Loaders that ask the platform about the same kind of name, and so are fed by the same lists. */
export type BatchGroup = "ACCOUNT" | "STREAMS" | "TRACKING_IDS" | "STREAM_TRACKING" | "MONITORING";

export function createBatchScheduler(): BatchScheduler {
  const held: { readonly family: BatchGroup; readonly dispatch: () => void }[] = [];
  const feeders = new Map<BatchGroup, number>();
  let underWay = 0;
  let holds = 0;
  let isArmed = false;
  let awaited: Deferred<void> | null = null;

  const arm = () => {
    if (isArmed) return;
    isArmed = true;
    // The promise lets every resolver that is ready run first; so does the tick for those that these make ready.
    void Promise.resolve().then(() => process.nextTick(release));
  };

  const release = () => {
    isArmed = false;
    if (holds > 0) return;
    const ready = held.filter(({ family }) => !feeders.get(family));
    // Two lists that wait for each other's names would wait for ever: when nothing moves, the first one goes.
    const [first] = held;
    if (ready.length === 0 && underWay === 0 && first) ready.push(first);
    for (const batch of ready) {
      held.splice(held.indexOf(batch), 1);
      batch.dispatch();
    }
    // A batch of nothing but what is known already makes no call, whose end would bring us here again.
    if (held.length > 0 && underWay === 0) arm();
    if (held.length > 0 || underWay > 0) return;
    awaited?.resolve();
    awaited = null;
  };

  const settled = (promise: Promise<unknown>, then: () => void) => {
    const done = () => {
      then();
      arm();
    };
    promise.then(done, done);
  };

  return {
    schedule: (family) => (dispatch) => {
      held.push({ family, dispatch });
      arm();
    },
    holdUntil: (families, list) => {
      if (!isPromise(list)) return list;
      for (const family of families) feeders.set(family, (feeders.get(family) ?? 0) + 1);
      settled(list, () => {
        for (const family of families) feeders.set(family, (feeders.get(family) ?? 1) - 1);
      });
      return list;
    },
    holdWhile: (promise) => {
      holds += 1;
      settled(promise, () => {
        holds -= 1;
      });
    },
    track: (call) => {
      if (!isPromise(call)) return call;
      underWay += 1;
      settled(call, () => {
        underWay -= 1;
      });
      return call;
    },
    idle: () => {
      awaited ??= new Deferred();
      arm();
      return awaited.promise;
    },
  };
}
