import { Deferred } from "../primitives/deferred.ts";
import { isPromise, type MaybePromise } from "../primitives/maybe-promise.ts";

/**
 * Schedules the batches of one request.
 *
 * DataLoader dispatches a batch once the resolvers that can run have run. A field may still wait for a list that brings
 * more keys, and each batch dispatched too early is one REST call too many. So a batch waits while such a list is loading.
 */
export interface BatchScheduler {
  /** Returns DataLoader's `batchScheduleFn` for loaders of this group. */
  schedule(group: BatchGroup): (dispatch: () => void) => void;
  /**
   * Holds the batches of these groups until a list has loaded that brings more keys.
   *
   * @returns the list itself
   */
  holdUntil<List extends MaybePromise<unknown>>(groups: ReadonlySet<BatchGroup>, list: List): List;
  /** Holds all batches until the promise has settled. */
  holdWhile(promise: Promise<unknown>): void;
  /** Counts a call as in flight until it has settled. @returns the call itself */
  track<Call extends MaybePromise<unknown>>(promise: Call): Call;
  /** Resolves when no call is in flight and no batch is waiting. */
  idle(): Promise<void>;
}

/** Group of loaders that take the same kind of key, which the same lists bring. */
export type BatchGroup = "ACCOUNT" | "STREAMS" | "TRACKING_IDS" | "STREAM_TRACKING" | "MONITORING";

export function createBatchScheduler(): BatchScheduler {
  const waiting: { readonly group: BatchGroup; readonly dispatch: () => void }[] = [];
  const loadingLists = new Map<BatchGroup, number>();
  let inFlight = 0;
  let holds = 0;
  let isDispatchScheduled = false;
  let idle: Deferred<void> | null = null;

  const scheduleDispatch = () => {
    if (isDispatchScheduled) return;
    isDispatchScheduled = true;
    // The promise runs after all resolvers that are ready; the tick runs after those that these make ready.
    void Promise.resolve().then(() => process.nextTick(dispatchReady));
  };

  const dispatchReady = () => {
    isDispatchScheduled = false;
    if (holds > 0) return;
    const ready = waiting.filter(({ group }) => !loadingLists.get(group));
    // Two lists that wait for each other's keys would deadlock: if nothing else runs, the first batch is dispatched.
    const [first] = waiting;
    if (ready.length === 0 && inFlight === 0 && first) ready.push(first);
    for (const batch of ready) {
      waiting.splice(waiting.indexOf(batch), 1);
      batch.dispatch();
    }
    // A batch of cached keys makes no call whose end would continue here.
    if (waiting.length > 0 && inFlight === 0) scheduleDispatch();
    if (waiting.length > 0 || inFlight > 0) return;
    idle?.resolve();
    idle = null;
  };

  const onSettled = (promise: Promise<unknown>, action: () => void) => {
    const settled = () => {
      action();
      scheduleDispatch();
    };
    promise.then(settled, settled);
  };

  return {
    schedule: (group) => (dispatch) => {
      waiting.push({ group, dispatch });
      scheduleDispatch();
    },
    holdUntil: (groups, list) => {
      if (!isPromise(list)) return list;
      for (const group of groups) loadingLists.set(group, (loadingLists.get(group) ?? 0) + 1);
      onSettled(list, () => {
        for (const group of groups) loadingLists.set(group, (loadingLists.get(group) ?? 1) - 1);
      });
      return list;
    },
    holdWhile: (promise) => {
      holds += 1;
      onSettled(promise, () => {
        holds -= 1;
      });
    },
    track: (call) => {
      if (!isPromise(call)) return call;
      inFlight += 1;
      onSettled(call, () => {
        inFlight -= 1;
      });
      return call;
    },
    idle: () => {
      idle ??= new Deferred();
      scheduleDispatch();
      return idle.promise;
    },
  };
}
