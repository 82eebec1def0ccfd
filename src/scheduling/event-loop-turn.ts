/** Returns a number that differs between any two turns of the event loop in which it is asked for. */
export type EventLoopTurn = () => number;

export function createEventLoopTurn(): EventLoopTurn {
  let turn = 0;
  let isEnding = false;
  const endTurn = () => {
    isEnding = false;
    turn += 1;
  };
  return () => {
    if (!isEnding) {
      isEnding = true;
      setImmediate(endTurn);
    }
    return turn;
  };
}
