import type { ConnectionArrivals } from "./connection-arrivals.ts";

/**
 * An operation that waits to be started. A task never throws.
 *
 * @param ended called when the task has ended
 * @param waitedMs milliseconds it has spent in the queue
 */
export type QueuedTask = (ended: () => void, waitedMs: number) => void;

/**
 * Starts operations that will block on the platform or write a long response.
 *
 * At most {@link MIN_CONCURRENCY} run at once while the event loop is busy, so that all of them end soon; while it is idle, more
 * are started. Callers take turns, so that none waits behind thousands of requests of another.
 *
 * @see docs/decisions/0003-admission-queue.md
 */
export interface AdmissionQueue {
  enqueue(task: QueuedTask, callerId: string): void;
}

/**
 * Operations that may run concurrently regardless of load.
 *
 * Operations started together share upstream calls.
 */
const MIN_CONCURRENCY = 8;
/** Operations up to which starvation starts further ones, regardless of load. */
const MAX_CONCURRENCY = 40;
/** Milliseconds of one turn of the event loop after which no further operation is started in it. */
const START_SLICE_MS = 10;
/**
 * Milliseconds below which a turn of the event loop was idle.
 *
 * Reading one upstream response takes longer.
 */
const IDLE_TURN_MS = 0.05;
/** Milliseconds in the queue after which an operation no longer waits for the event loop to be idle. */
const STARVATION_MS = 200;
/**
 * Milliseconds in the queue after which an operation is started in any case.
 *
 * Such an operation is expected to reject itself.
 */
export const MAX_QUEUE_WAIT_MS = 2_000;

interface QueuedEntry {
  readonly task: QueuedTask;
  /** When the task was enqueued, in milliseconds of the queue's clock. */
  readonly since: number;
}

/**
 * Creates an empty queue.
 *
 * @param clock monotonic time in milliseconds
 */
export function createAdmissionQueue(
  { runAfter }: Pick<ConnectionArrivals, "runAfter">,
  clock: () => number,
): AdmissionQueue {
  /** Tasks by caller, in the order in which callers are served. */
  const queues = new Map<string, QueuedEntry[]>();
  let running = 0;
  let isScheduled = false;
  let scheduledAt = 0;
  /** Milliseconds that this turn of the event loop has spent on starting tasks. */
  let startingMs = 0;

  const ended = () => {
    running -= 1;
  };
  const startOldestOf = (callerId: string, queue: QueuedEntry[], now: number) => {
    const next = queue.shift();
    // The caller goes to the end.
    queues.delete(callerId);
    if (queue.length > 0) queues.set(callerId, queue);
    if (!next) return;
    running += 1;
    const startedAt = clock();
    next.task(ended, now - next.since);
    startingMs += clock() - startedAt;
  };
  const startNext = (now: number) => {
    const [first] = queues;
    if (first) startOldestOf(...first, now);
  };
  const isDue = (waitedMs: number) => {
    // A task that has waited this long rejects itself, which takes next to no time.
    if (waitedMs >= MAX_QUEUE_WAIT_MS) return true;
    return waitedMs >= STARVATION_MS && running < MAX_CONCURRENCY && startingMs < START_SLICE_MS;
  };
  const startEligible = (now: number) => {
    // A caller that goes to the end is visited again.
    for (const [callerId, queue] of queues) {
      const [oldest] = queue;
      if (oldest && isDue(now - oldest.since)) startOldestOf(callerId, queue, now);
    }
  };
  const runTurn = () => {
    isScheduled = false;
    startingMs = 0;
    const now = clock();
    while (running < MIN_CONCURRENCY && queues.size > 0 && startingMs < START_SLICE_MS) startNext(now);
    if (now - scheduledAt < IDLE_TURN_MS) startNext(now);
    startEligible(now);
    if (queues.size > 0) schedule();
  };
  const schedule = () => {
    isScheduled = true;
    scheduledAt = clock();
    runAfter(runTurn);
  };

  return {
    enqueue: (task, callerId) => {
      const now = clock();
      const queue = queues.get(callerId);
      if (queue) queue.push({ task, since: now });
      else queues.set(callerId, [{ task, since: now }]);
      if (!isScheduled) schedule();
      // A turn of the event loop lasts while there is something to read, which may be for seconds.
      else if (now - scheduledAt >= STARVATION_MS) startEligible(now);
    },
  };
}
