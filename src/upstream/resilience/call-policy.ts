import type { CancellationSignal } from "../../primitives/cancellation.ts";
import { UpstreamError } from "../upstream-error.ts";
import { type BreakerState, createCircuitBreaker } from "./circuit-breaker.ts";
import type { AdaptiveConcurrencyLimit } from "./concurrency-limit.ts";
import { createRetryBudget, MAX_ATTEMPTS, realTiming, type Timing, withRetries } from "./retry.ts";
import { Semaphore } from "./semaphore.ts";

/** A call as its guard sees it. */
export interface PolicyCall {
  /** It begins with its service: `Analytics_StreamsTotal` and `AnalyticsV2_StreamsTotal` are calls of `Analytics`. */
  readonly operation: string;
  /** For all of it: waiting for its turn, every try, and the waits between them. */
  readonly timeoutMs: number;
  /** For the first try; a later one has the same part of what is left, and the last all of it, but no more than this. */
  readonly attemptMs: number;
  /** Whether its caller may be told of a failure before its answer is there: so for a read of which only the answer is wanted. */
  readonly isCancellable?: boolean;
  readonly signal?: CancellationSignal | undefined;
}

/** What stands between the gateway and one origin of the platform, so that neither is the other's ruin. */
export interface CallPolicy {
  /**
   * Makes a call when there is room for it, and again when its failure may pass: see `retry.ts` for when that is.
   *
   * @param attempt makes one try in the given time; fails with an UpstreamError whose `health` tells of the platform
   * @throws UpstreamError of the last try; UPSTREAM_UNAVAILABLE while the breaker is open, OVERLOADED when too many calls
   *   wait, UPSTREAM_TIMEOUT when the turn never came: after these three nothing was sent
   */
  call<T>(call: PolicyCall, attempt: (timeoutMs: number) => Promise<T>): Promise<T>;
  /** Whether the breaker of this service is open, or finds out by a probe whether it may close. */
  isOpen(service: string): boolean;
  /** Of each service that has been called, by its name. */
  breakers(): ReadonlyMap<string, BreakerState>;
}

/** How many calls of a service may be under way, */
export const MAX_CONCURRENT_CALLS = 256;
/** and how many may wait for it. */
const MAX_QUEUED_CALLS = 512;

/** No guard: each call is made once, at once. */
export const noPolicy: CallPolicy = {
  call: ({ timeoutMs }, attempt) => attempt(timeoutMs),
  isOpen: () => false,
  breakers: () => new Map(),
};

/** The services of an origin fail each by itself, so none takes the room of another, nor is left alone for another's failures. */
export function createCallPolicy(pace: AdaptiveConcurrencyLimit, timing: Timing = realTiming): CallPolicy {
  const budget = createRetryBudget();
  const services = new Map<string, Service>();
  const byOperation = new Map<string, Service>();
  const serviceOf = ({ operation }: PolicyCall): Service => {
    const known = byOperation.get(operation);
    if (known) return known;
    const name = operation.replace(/(V\d+)?_.*/, "");
    const service = services.get(name) ?? {
      slots: new Semaphore(MAX_CONCURRENT_CALLS),
      breaker: createCircuitBreaker(timing),
    };
    services.set(name, service);
    byOperation.set(operation, service);
    return service;
  };

  /** What a call waits for, in the order in which it does; nearly always for nothing, which is told by undefined. */
  const turnIn = ({ slots }: Service): Promise<void> | undefined => {
    const place = slots.acquire();
    return place ? place.then(() => pace.enter()) : pace.enter();
  };

  const inTurn = <T>(call: PolicyCall, by: number, attempt: () => Promise<T>): Promise<T> => {
    const service = serviceOf(call);
    if (service.slots.waiting >= MAX_QUEUED_CALLS) return Promise.reject(overloaded(call));
    const leave = (began: number, error?: unknown) => {
      pace.leave(began, error);
      service.slots.release();
    };
    const begin = (): Promise<T> => {
      const began = pace.era();
      return service.breaker
        .execute(attempt, () => abandoned(call), call.isCancellable ?? false)
        .then(
          (answer) => {
            leave(began);
            return answer;
          },
          (error: unknown) => {
            leave(began, error);
            throw error;
          },
        );
    };
    const turn = turnIn(service);
    if (!turn) return begin();
    const giveBack = () => leave(pace.era(), late(call));
    return inTime(turn, by - timing.now(), timing.timer, call, giveBack).then(begin);
  };

  return {
    call: (call, attempt) => {
      const by = timing.now() + call.timeoutMs;
      const timeOf = (tries: number) => {
        const left = by - timing.now();
        return Math.min(call.attemptMs, tries === MAX_ATTEMPTS ? left : left * (call.attemptMs / call.timeoutMs));
      };
      const tryOnce = (tries: number) => inTurn(call, by, () => attempt(timeOf(tries)));
      return withRetries(tryOnce, by, budget, timing, call.signal);
    },
    isOpen: (service) => (services.get(service)?.breaker.state() ?? "CLOSED") !== "CLOSED",
    breakers: () => new Map([...services].map(([name, { breaker }]) => [name, breaker.state()])),
  };
}

interface Service {
  readonly slots: Semaphore;
  readonly breaker: ReturnType<typeof createCircuitBreaker>;
}

/** The turn, unless it does not come in time. @param giveBack called when it comes after that */
function inTime(
  turn: Promise<void>,
  timeoutMs: number,
  timer: Timing["timer"],
  call: PolicyCall,
  giveBack: () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timeIsUp = () => {
      isLate = true;
      reject(late(call));
    };
    const cancel = timer(timeoutMs, timeIsUp, "QUEUE");
    void turn.then(() => {
      cancel();
      if (isLate) giveBack();
      else resolve();
    });
  });
}

function late(call: PolicyCall): UpstreamError {
  return unsent("UPSTREAM_TIMEOUT", "The call's turn to be sent did not come in time.", call);
}

function abandoned(call: PolicyCall): UpstreamError {
  return unsent("UPSTREAM_UNAVAILABLE", "The platform keeps failing, and is left alone for a moment.", call, 1);
}

function overloaded(call: PolicyCall): UpstreamError {
  return unsent("OVERLOADED", "Too many calls wait for the platform already.", call, 1);
}

/** A failure of a call that never left: so it tells nothing of the platform, and leaves no write in doubt. */
function unsent(
  code: "UPSTREAM_TIMEOUT" | "UPSTREAM_UNAVAILABLE" | "OVERLOADED",
  message: string,
  { operation }: PolicyCall,
  retryAfterSeconds?: number,
): UpstreamError {
  return new UpstreamError(code, message, { operation, retryAfterSeconds, health: "UNKNOWN" });
}
