/** Work that waits for its turn, and tells when it has ended. It never throws. */
export type TurnWork = (ended: () => void) => void;

/**
 * Begins work that will have to wait for the platform when its turn has come: what has begun ends before more begins, however
 * much comes at once. So little is under way that all of it is soon over, and while the event loop has nothing else to do, more
 * begins: it is never idle for that.
 *
 * Of 50 questions that are asked all the time, all at once were under way else, each for as long as all of them take together.
 * What is under way for long grows old for the garbage collector, which moves it and keeps all that it comes to hold later
 * until it looks at the whole of it: that cost a third of the CPU of ten cold series. For the same reason what waits here
 * should be little, and no promise of its own answer.
 */
export function nextTurn(begin: TurnWork): void {
  line.push({ begin, since: performance.now() });
  if (!isArmed) arm();
}

/** So much may be under way without a look at what else there is to do. */
const ALWAYS_UNDER_WAY = 2;
/** A turn of the event loop that took less had nothing to do: one answer of the platform takes longer. */
const IDLE_TURN_MS = 0.05;
/** Whoever has waited for so long waits no longer, whatever else there is to do. */
const MAX_WAIT_MS = 200;

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
  if (underWay < ALWAYS_UNDER_WAY || now - armedAt < IDLE_TURN_MS) beginNext();
  while (line[0] !== undefined && line[0].since <= now - MAX_WAIT_MS) beginNext();
  if (line.length > 0) arm();
}

function beginNext(): void {
  const next = line.shift();
  if (!next) return;
  underWay += 1;
  next.begin(ended);
}

function ended(): void {
  underWay -= 1;
}
