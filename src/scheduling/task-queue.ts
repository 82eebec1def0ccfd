/**
 * Runs a task in a later turn of the event loop, after the tasks queued before it.
 *
 * A task never throws.
 */
export type TaskQueue = (task: () => void) => void;

/**
 * Creates a queue whose tasks run in order, in later turns of the event loop.
 *
 * @param inLaterTurn runs a task in a later turn, such as `setImmediate`
 * @param sliceMs milliseconds after which a turn starts no further task; 0 runs one task per turn
 * @param clock monotonic time in milliseconds
 */
export function createTaskQueue(
  inLaterTurn: (task: () => void) => void,
  sliceMs: number,
  clock: () => number,
): TaskQueue {
  let tasks: (() => void)[] = [];
  let isScheduled = false;
  const schedule = () => {
    isScheduled = tasks.length > 0;
    if (isScheduled) inLaterTurn(run);
  };
  const run = () => {
    const end = clock() + sliceMs;
    let done = 0;
    do {
      tasks[done]?.();
      done += 1;
    } while (done < tasks.length && clock() < end);
    tasks = tasks.slice(done);
    schedule();
  };
  return (task) => {
    tasks.push(task);
    if (!isScheduled) schedule();
  };
}
