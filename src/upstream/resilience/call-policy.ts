import type { CancellationSignal } from "../../primitives/cancellation.ts";
import { UpstreamError } from "../upstream-error.ts";
import { type BreakerState, createCircuitBreaker } from "./circuit-breaker.ts";
import type { AdaptiveConcurrencyLimit } from "./concurrency-limit.ts";
import { createRetryBudget, MAX_ATTEMPTS, realTiming, type Timing, withRetries } from "./retry.ts";
import { Semaphore } from "./semaphore.ts";

/** A call as the policy needs it. */
export interface PolicyCall {
  /** Begins with the service: `Analytics_StreamsTotal` belongs to `Analytics`, and so would `AnalyticsV2_StreamsTotal`. */
  readonly operation: string;
  /** Milliseconds for queueing, every attempt, and the waits between attempts. */
  readonly timeoutMs: number;
  /** Milliseconds for the first attempt. A later one has the same share of the remaining time; the last has all of it, up to this. */
  readonly attemptMs: number;
  /** Whether the caller may receive a failure before the response arrives: true for reads, false for writes. */
  readonly isCancellable?: boolean;
  readonly signal?: CancellationSignal | undefined;
}

/** Applies the concurrency limit, circuit breaker and retries to every call to one upstream origin. */
export interface CallPolicy {
  /**
   * Makes a call as soon as a slot is free, and repeats it after a transient failure: see `retry.ts`.
   *
   * @param attempt makes one attempt in the given time; rejects with an UpstreamError whose `health` describes the platform
   * @throws UpstreamError of the last attempt; UPSTREAM_UNAVAILABLE while the breaker is open, OVERLOADED when the queue is
   *   full, UPSTREAM_TIMEOUT when no slot became free in time: after these three nothing was sent
   */
  call<T>(call: PolicyCall, attempt: (timeoutMs: number) => Promise<T>): Promise<T>;
  /** Returns whether the breaker of this service is open or half open. */
  isOpen(service: string): boolean;
  /** Returns the breaker state of each service that has been called, by its name. */
  breakers(): ReadonlyMap<string, BreakerState>;
}

/** Calls of one service that may be in flight at once. */
export const MAX_CONCURRENT_CALLS = 256;
/** Calls of one service that may wait in the queue. */
const MAX_QUEUED_CALLS = 512;

/** Makes each call once, immediately. */
export const noPolicy: CallPolicy = {
  call: ({ timeoutMs }, attempt) => attempt(timeoutMs),
  isOpen: () => false,
  breakers: () => new Map(),
};

/** Creates the policy of one origin. Its services fail independently, so each has its own slots and its own breaker. */
export function createCallPolicy(limit: AdaptiveConcurrencyLimit, timing: Timing = realTiming): CallPolicy {
  const budget = createRetryBudget();
  const services = new Map<string, Service>();
  const byOperation = new Map<string, Service>();
  const serviceOf = ({ operation }: PolicyCall): Service => {
    const cached = byOperation.get(operation);
    if (cached) return cached;
    const name = operation.replace(/(V\d+)?_.*/, "");
    const service = services.get(name) ?? {
      slots: new Semaphore(MAX_CONCURRENT_CALLS),
      breaker: createCircuitBreaker(timing),
    };
    services.set(name, service);
    byOperation.set(operation, service);
    return service;
  };

  /** Acquires a slot of the service, then one of the limit. Returns undefined if both are free, as they nearly always are. */
  const acquire = ({ slots }: Service): Promise<void> | undefined => {
    const queued = slots.acquire();
    return queued ? queued.then(() => limit.enter()) : limit.enter();
  };

  const enqueue = <T>(call: PolicyCall, deadline: number, attempt: () => Promise<T>): Promise<T> => {
    const service = serviceOf(call);
    if (service.slots.waiting >= MAX_QUEUED_CALLS) return Promise.reject(overloaded(call));
    const release = (began: number, error?: unknown) => {
      limit.leave(began, error);
      service.slots.release();
    };
    const start = (): Promise<T> => {
      const began = limit.era();
      return service.breaker
        .execute(attempt, () => breakerOpen(call), call.isCancellable ?? false)
        .then(
          (result) => {
            release(began);
            return result;
          },
          (error: unknown) => {
            release(began, error);
            throw error;
          },
        );
    };
    const slot = acquire(service);
    if (!slot) return start();
    const releaseUnused = () => release(limit.era(), queueTimeout(call));
    return inTime(slot, deadline - timing.now(), timing.timer, call, releaseUnused).then(start);
  };

  return {
    call: (call, attempt) => {
      const deadline = timing.now() + call.timeoutMs;
      const attemptTime = (number: number) => {
        const remaining = deadline - timing.now();
        const share = number === MAX_ATTEMPTS ? 1 : call.attemptMs / call.timeoutMs;
        return Math.min(call.attemptMs, remaining * share);
      };
      const attemptOnce = (number: number) => enqueue(call, deadline, () => attempt(attemptTime(number)));
      return withRetries(attemptOnce, deadline, budget, timing, call.signal);
    },
    isOpen: (service) => (services.get(service)?.breaker.state() ?? "CLOSED") !== "CLOSED",
    breakers: () => new Map([...services].map(([name, { breaker }]) => [name, breaker.state()])),
  };
}

interface Service {
  readonly slots: Semaphore;
  readonly breaker: ReturnType<typeof createCircuitBreaker>;
}

/** Waits for a slot until the time is up. @param releaseUnused called when the slot comes later */
function inTime(
  slot: Promise<void>,
  timeoutMs: number,
  timer: Timing["timer"],
  call: PolicyCall,
  releaseUnused: () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const onTimeout = () => {
      isLate = true;
      reject(queueTimeout(call));
    };
    const cancel = timer(timeoutMs, onTimeout, "QUEUE");
    void slot.then(() => {
      cancel();
      if (isLate) releaseUnused();
      else resolve();
    });
  });
}

function queueTimeout(call: PolicyCall): UpstreamError {
  return notSent("UPSTREAM_TIMEOUT", "The call waited too long for a free slot, and was not sent.", call);
}

function breakerOpen(call: PolicyCall): UpstreamError {
  return notSent(
    "UPSTREAM_UNAVAILABLE",
    "The platform keeps failing, so calls to it are paused for a moment.",
    call,
    1,
  );
}

function overloaded(call: PolicyCall): UpstreamError {
  return notSent("OVERLOADED", "Too many calls to the platform are queued already.", call, 1);
}

/** Returns the error of a call that was never sent: it says nothing about the platform, and no write is in doubt. */
function notSent(
  code: "UPSTREAM_TIMEOUT" | "UPSTREAM_UNAVAILABLE" | "OVERLOADED",
  message: string,
  { operation }: PolicyCall,
  retryAfterSeconds?: number,
): UpstreamError {
  return new UpstreamError(code, message, { operation, retryAfterSeconds, health: "UNKNOWN" });
}
