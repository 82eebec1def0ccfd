import { processClock } from "../primitives/clock.ts";
import { type AdmissionQueue, createAdmissionQueue } from "./admission-queue.ts";
import { type ConnectionArrivals, createConnectionArrivals } from "./connection-arrivals.ts";
import { createEventLoopTurn } from "./event-loop-turn.ts";
import { createLoadShedder, type LoadShedder } from "./load-shedder.ts";
import { createTaskQueue, type TaskQueue } from "./task-queue.ts";
import { SLICE_MS, TimeSlicer } from "./time-slicer.ts";

/** Shares one event loop among the requests of one gateway. */
export interface Scheduling {
  readonly arrivals: ConnectionArrivals;
  readonly admissionQueue: AdmissionQueue;
  readonly loadShedder: LoadShedder;
  /** Runs one task in each turn of the event loop. */
  readonly onePerTurn: TaskQueue;
  /** @param onDeferred called when work is deferred, with a promise that resolves once all deferred work has started */
  createTimeSlicer(onDeferred: (allStarted: Promise<void>) => void): TimeSlicer;
}

export interface SchedulingOptions {
  /** Requests that may be in flight at once. */
  readonly maxRequestsInFlight: number;
  /** Monotonic time in milliseconds; the process's by default. */
  readonly clock?: () => number;
}

/** Creates the queues and counters of one gateway. */
export function createScheduling({ maxRequestsInFlight, clock = processClock }: SchedulingOptions): Scheduling {
  const eventLoopTurn = createEventLoopTurn();
  const arrivals = createConnectionArrivals(clock);
  const slicing = { eventLoopTurn, taskQueue: createTaskQueue(arrivals.runAfter, SLICE_MS, clock), clock };
  return {
    arrivals,
    admissionQueue: createAdmissionQueue(arrivals, clock),
    loadShedder: createLoadShedder(maxRequestsInFlight, eventLoopTurn, clock),
    onePerTurn: createTaskQueue(setImmediate, 0, clock),
    createTimeSlicer: (onDeferred) => new TimeSlicer(slicing, onDeferred),
  };
}
