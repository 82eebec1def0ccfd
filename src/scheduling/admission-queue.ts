import { afterArrivals } from "../http/read-backpressure.ts";

/**
 * Work that waits for its turn. It never throws.
 *
 * @param ended to be called when it has ended
 * @param waitedMs how long it has waited
 */
export type QueuedTask = (ended: () => void, waitedMs: number) => void;

/**
 * Begins work when its turn has come: work that will have to wait for the platform, and work that writes a long answer. What has
 * begun ends before more begins, however much comes at once. So little is under way that all of it is soon over, and while the
 * event loop has nothing else to do, more begins: it is never idle for that.
 *
 * Callers have their turns one after another, so that none waits behind thousands of another's requests.
 *
 * Of 50 questions that are asked all the time, all at once were under way else, each for as long as all of them take together.
 * What is under way for long grows old for the garbage collector, which moves it and keeps all that it comes to hold later
 * until it looks at the whole of it. For the same reason what waits here should be little, and no promise of its own answer.
 */
export type NextTurn = (begin: QueuedTask, callerId: string) => void;

/**
 * So much may be under way without a look at what else there is to do. What begins together asks the platform together, and is
 * answered together: by two at a time, a page of totals takes a quarter more CPU.
 */
const MIN_CONCURRENCY = 8;
/**
 * One turn of the event loop begins no more work once it has spent so long on that. Work may end before it waits for anything, and
 * then what is under way never bounds it; a connection sends nothing before the turn is over.
 */
const START_SLICE_MS = 10;
/** A turn of the event loop that took less had nothing to do: one answer of the platform takes longer. */
const IDLE_TURN_MS = 0.05;
/** Whoever has waited for so long does not wait for the event loop any more, */
const STARVATION_MS = 200;
/** but for what is under way while it is so much: ten queries more of five calls would have to wait for the platform as well. */
const MAX_CONCURRENCY = 40;
/** Longer nobody waits, in milliseconds. Whoever is begun so late had better end at once: those behind it wait as well. */
export const MAX_QUEUE_WAIT_MS = 2_000;

/** @param clock a monotonic time in milliseconds */
export function createTurns(clock: () => number = () => performance.now()): NextTurn {
  /**
   * What waits for its turn: of each caller in the order in which it came, and the callers in the order in which their turns
   * come; `since` by the clock.
   */
  const lines = new Map<string, { readonly begin: QueuedTask; readonly since: number }[]>();
  let running = 0;
  let isArmed = false;
  let armedAt = 0;
  /** How long this turn of the event loop has spent on beginning work. */
  let beginningMs = 0;

  const ended = () => {
    running -= 1;
  };
  const beginNext = (now: number) => {
    const [turn] = lines;
    if (!turn) return;
    const [callerId, line] = turn;
    const next = line.shift();
    // It goes to the end.
    lines.delete(callerId);
    if (line.length > 0) lines.set(callerId, line);
    if (!next) return;
    running += 1;
    const begin = clock();
    next.begin(ended, now - next.since);
    beginningMs += clock() - begin;
  };
  /** Returns what begins next. */
  const first = () => {
    const [line] = lines.values();
    return line?.[0];
  };
  /** Work that has waited for the longest time refuses itself, which takes no time to speak of. */
  const isDue = (waitedMs: number) => {
    if (waitedMs >= MAX_QUEUE_WAIT_MS) return true;
    return waitedMs >= STARVATION_MS && running < MAX_CONCURRENCY && beginningMs < START_SLICE_MS;
  };
  const startEligible = (now: number) => {
    for (let next = first(); next && isDue(now - next.since); next = first()) beginNext(now);
  };
  const turn = () => {
    isArmed = false;
    beginningMs = 0;
    const now = clock();
    while (running < MIN_CONCURRENCY && lines.size > 0 && beginningMs < START_SLICE_MS) beginNext(now);
    if (now - armedAt < IDLE_TURN_MS) beginNext(now);
    startEligible(now);
    if (lines.size > 0) arm();
  };
  const arm = () => {
    isArmed = true;
    armedAt = clock();
    afterArrivals(turn);
  };

  return (begin, callerId) => {
    const now = clock();
    const ofCaller = lines.get(callerId);
    if (ofCaller) ofCaller.push({ begin, since: now });
    else lines.set(callerId, [{ begin, since: now }]);
    if (!isArmed) arm();
    // A turn of the event loop goes on while there is something to read, which may be for seconds.
    else if (now - armedAt >= STARVATION_MS) startEligible(now);
  };
}
