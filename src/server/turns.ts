/**
 * Work that waits for its turn. It never throws.
 *
 * @param ended to be called when it has ended
 * @param waitedMs how long it has waited
 */
export type TurnWork = (ended: () => void, waitedMs: number) => void;

/**
 * Begins work that will have to wait for the platform when its turn has come: what has begun ends before more begins, however
 * much comes at once. So little is under way that all of it is soon over, and while the event loop has nothing else to do, more
 * begins: it is never idle for that.
 *
 * Of 50 questions that are asked all the time, all at once were under way else, each for as long as all of them take together.
 * What is under way for long grows old for the garbage collector, which moves it and keeps all that it comes to hold later
 * until it looks at the whole of it. For the same reason what waits here should be little, and no promise of its own answer.
 */
export function nextTurn(begin: TurnWork): void {
  const now = performance.now();
  line.push({ begin, since: now });
  if (!isArmed) arm();
  // A turn of the event loop goes on while there is something to read, which may be for seconds.
  else beginDue(now);
}

/**
 * So much may be under way without a look at what else there is to do. What begins together asks the platform together, and is
 * answered together: by two at a time, a page of totals takes a quarter more CPU.
 */
const ALWAYS_UNDER_WAY = 8;
/** Longer a turn of the event loop is not spent on beginning them: a long list takes as long by itself. */
const BEGINNING_MS = 10;
/** A turn of the event loop that took less had nothing to do: one answer of the platform takes longer. */
const IDLE_TURN_MS = 0.05;
/** Whoever has waited for so long does not wait for the event loop any more, */
const LONG_WAIT_MS = 200;
/** but for what is under way while it is so much: ten queries more of five calls would have to wait for the platform as well. */
const MOST_UNDER_WAY = 40;
/** Longer nobody waits, in milliseconds. Whoever is begun so late had better end at once: those behind it wait as well. */
export const MAX_WAIT_MS = 2_000;

/** What waits for its turn, in the order in which it came; `since` by `performance.now()`. */
const line: { readonly begin: TurnWork; readonly since: number }[] = [];
let underWay = 0;
let isArmed = false;
let armedAt = 0;

function arm(): void {
  isArmed = true;
  armedAt = performance.now();
  setImmediate(turn);
}

function turn(): void {
  isArmed = false;
  const now = performance.now();
  while (underWay < ALWAYS_UNDER_WAY && line.length > 0 && performance.now() - now < BEGINNING_MS) beginNext(now);
  if (now - armedAt < IDLE_TURN_MS) beginNext(now);
  beginDue(now);
  if (line.length > 0) arm();
}

function beginDue(now: number): void {
  for (let [next] = line; next && isDue(now - next.since); [next] = line) beginNext(now);
}

function isDue(waitedMs: number): boolean {
  return waitedMs >= MAX_WAIT_MS || (waitedMs >= LONG_WAIT_MS && underWay < MOST_UNDER_WAY);
}

function beginNext(now: number): void {
  const next = line.shift();
  if (!next) return;
  underWay += 1;
  next.begin(ended, now - next.since);
}

function ended(): void {
  underWay -= 1;
}
