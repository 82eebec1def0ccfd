import { isPromise, type MaybePromise } from "../model/maybe-promise.ts";

/**
 * The same work; but where it had to wait for something the last time, as it will again, it begins in its turn. Of such work
 * one piece begins in each turn of the event loop, and in between all that has arrived meanwhile is taken further: what has
 * begun ends before more begins, however much comes at once.
 *
 * Of 50 questions that come together three are under way then, instead of 26, which saves a fifth of the CPU: what a question
 * holds while it waits for the platform is moved to the old space by the garbage collector, with all that it is told later.
 */
export function inTurn<Given extends readonly unknown[], Result>(
  work: (...given: Given) => MaybePromise<Result>,
): (...given: Given) => MaybePromise<Result> {
  let hasWaited = false;
  const begin = (...given: Given): MaybePromise<Result> => {
    const result = work(...given);
    hasWaited = isPromise(result);
    return result;
  };
  return (...given) => (hasWaited ? nextTurn().then(() => begin(...given)) : begin(...given));
}

/** Whoever has waited for so long waits no longer for a turn of its own: turns are long where there is much else to do. */
const MAX_WAIT_MS = 50;

interface Waiting {
  readonly begin: () => void;
  /** By `performance.now()`. */
  readonly since: number;
}

/** What waits for its turn, in the order in which it came. */
const line: Waiting[] = [];

function nextTurn(): Promise<void> {
  return new Promise((begin) => {
    const now = performance.now();
    line.push({ begin, since: now });
    if (line.length === 1) setImmediate(beginNext);
    // All that arrives during a long turn takes the line further.
    else if (isLate(now)) line.shift()?.begin();
  });
}

function beginNext(): void {
  const now = performance.now();
  do line.shift()?.begin();
  while (isLate(now));
  if (line.length > 0) setImmediate(beginNext);
}

function isLate(now: number): boolean {
  return line[0] !== undefined && line[0].since <= now - MAX_WAIT_MS;
}
