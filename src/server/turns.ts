/**
 * Begins work that will have to wait for the platform: one piece in each turn of the event loop, and in between all that has
 * arrived meanwhile is taken further. What has begun ends before more begins, however much comes at once: of 50 questions that
 * come together three are under way then, instead of 26.
 *
 * What is under way for long grows old for the garbage collector, which moves it to the old space and keeps all that it comes
 * to hold later until it looks at the whole of it. So whatever waits here should be little, and no promise of its own answer.
 */
export function nextTurn(begin: () => void): void {
  const now = performance.now();
  line.push({ begin, since: now });
  if (line.length === 1) setImmediate(beginNext);
  // All that arrives during a long turn takes the line further.
  else if (isLate(now)) line.shift()?.begin();
}

/** Whoever has waited for so long waits no longer for a turn of its own: turns are long where there is much else to do. */
const MAX_WAIT_MS = 50;

interface Waiting {
  /** Never throws. */
  readonly begin: () => void;
  /** By `performance.now()`. */
  readonly since: number;
}

/** What waits for its turn, in the order in which it came. */
const line: Waiting[] = [];

function beginNext(): void {
  const now = performance.now();
  do line.shift()?.begin();
  while (isLate(now));
  if (line.length > 0) setImmediate(beginNext);
}

function isLate(now: number): boolean {
  return line[0] !== undefined && line[0].since <= now - MAX_WAIT_MS;
}
