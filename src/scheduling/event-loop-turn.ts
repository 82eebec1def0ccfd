let turn = 0;
let isEnding = false;

/**
 * A number that is another one in each turn of the event loop in which it is asked for. Nobody needs to wait for the end of a turn
 * for that: all that do are linked, so that none could be forgotten before the last.
 */
export function eventLoopTurn(): number {
  if (!isEnding) {
    isEnding = true;
    setImmediate(endTurn);
  }
  return turn;
}

function endTurn(): void {
  isEnding = false;
  turn += 1;
}
