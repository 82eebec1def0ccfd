import { describe, expect, it } from "vitest";
import { createTaskQueue } from "../../src/scheduling/task-queue.ts";

/** A queue whose turns the test runs, in a time that passes by its tasks alone: 1 ms each. */
function createSetQueue(sliceMs: number) {
  let now = 0;
  const turns: (() => void)[] = [];
  const started: string[] = [];
  const queue = createTaskQueue(
    (turn) => turns.push(turn),
    sliceMs,
    () => now,
  );
  const add = (name: string, work: () => void = () => undefined) =>
    queue(() => {
      started.push(name);
      now += 1;
      work();
    });
  return { add, started, turns, runTurn: () => turns.shift()?.() };
}

describe("task queue", () => {
  it("runs tasks in order, for one slice in each turn", () => {
    const { add, started, runTurn, turns } = createSetQueue(2);
    for (const name of ["a", "b", "c"]) add(name);
    expect(started).toEqual([]);
    runTurn();
    expect(started).toEqual(["a", "b"]);
    runTurn();
    expect(started).toEqual(["a", "b", "c"]);
    expect(turns).toEqual([]);
  });

  it("runs one task in each turn if the slice is 0", () => {
    const { add, started, runTurn } = createSetQueue(0);
    for (const name of ["a", "b"]) add(name);
    runTurn();
    expect(started).toEqual(["a"]);
    runTurn();
    expect(started).toEqual(["a", "b"]);
  });

  it("schedules one turn for all tasks, and runs a task that a task adds after those before it", () => {
    const { add, started, runTurn, turns } = createSetQueue(10);
    add("a", () => add("c"));
    add("b");
    expect(turns).toHaveLength(1);
    runTurn();
    expect(started).toEqual(["a", "b", "c"]);
  });
});
