import DataLoader from "dataloader";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BatchGroup, type BatchScheduler, createBatchScheduler } from "../../src/loaders/batch-scheduler.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A loader whose calls take a turn of the event loop, and the batches that left, in order. */
function loaderIn(batchScheduler: BatchScheduler, group: BatchGroup, batches: string[] = []) {
  const read = async (names: readonly string[]) => {
    batches.push(`${group}: ${[...names].sort().join(" ")}`);
    await turn();
    return names;
  };
  const loader = new DataLoader<string, string>((names) => batchScheduler.track(read(names)), {
    batchScheduleFn: batchScheduler.schedule(group),
  });
  return { load: (...names: string[]) => Promise.all(names.map((name) => loader.load(name))), batches };
}

/** A list that gives its names after some calls, which are counted as under way. */
function listOf(batchScheduler: BatchScheduler, names: string[], calls = 1): Promise<string[]> {
  const read = async () => {
    for (let call = 0; call < calls; call += 1) await turn();
    return names;
  };
  return batchScheduler.track(read());
}

describe("batch scheduler: a batch", () => {
  it("takes all that is asked for in one turn, with what becomes ready in it", async () => {
    const batchScheduler = createBatchScheduler();
    const { load, batches } = loaderIn(batchScheduler, "STREAMS");
    await Promise.all([load("a"), Promise.resolve().then(() => load("b")), load("c")]);
    expect(batches).toEqual(["STREAMS: a b c"]);
  });

  it("waits for a list that will name more of its kind, and takes those along", async () => {
    const batchScheduler = createBatchScheduler();
    const { load, batches } = loaderIn(batchScheduler, "STREAMS");
    const list = batchScheduler.holdUntil(new Set(["STREAMS"]), listOf(batchScheduler, ["b", "c"], 3));
    await Promise.all([load("a"), list.then((names) => load(...names))]);
    expect(batches).toEqual(["STREAMS: a b c"]);
  });

  it("waits for each of several lists, and for lists below lists", async () => {
    const batchScheduler = createBatchScheduler();
    const { load, batches } = loaderIn(batchScheduler, "STREAMS");
    const groups = new Set<BatchGroup>(["STREAMS"]);
    const below = () => batchScheduler.holdUntil(groups, listOf(batchScheduler, ["d"], 2));
    await Promise.all([
      load("a"),
      batchScheduler.holdUntil(groups, listOf(batchScheduler, ["b"], 1)).then((names) => load(...names)),
      batchScheduler
        .holdUntil(groups, listOf(batchScheduler, ["c"], 4))
        .then((names) => Promise.all([load(...names), below().then((more) => load(...more))])),
    ]);
    expect(batches).toEqual(["STREAMS: a b c d"]);
  });

  it("does not wait for lists that name others", async () => {
    const batchScheduler = createBatchScheduler();
    const streams = loaderIn(batchScheduler, "STREAMS");
    const ids = loaderIn(batchScheduler, "TRACKING_IDS", streams.batches);
    const list = batchScheduler.holdUntil(new Set(["TRACKING_IDS"]), listOf(batchScheduler, ["y"], 5));
    await Promise.all([streams.load("a"), ids.load("x"), list.then((names) => ids.load(...names))]);
    expect(streams.batches).toEqual(["STREAMS: a", "TRACKING_IDS: x y"]);
  });

  it("waits no longer for a list that fails", async () => {
    const batchScheduler = createBatchScheduler();
    const { load, batches } = loaderIn(batchScheduler, "STREAMS");
    const failing = batchScheduler.holdUntil(
      new Set(["STREAMS"]),
      batchScheduler.track(turn().then(() => Promise.reject(new Error("down")))),
    );
    await Promise.all([load("a"), expect(failing).rejects.toThrow("down")]);
    expect(batches).toEqual(["STREAMS: a"]);
  });

  it("leaves when nothing moves any more: a list may be waiting for this very batch", async () => {
    const batchScheduler = createBatchScheduler();
    const { load, batches } = loaderIn(batchScheduler, "STREAMS");
    const list = batchScheduler.holdUntil(
      new Set(["STREAMS"]),
      load("a").then(() => ["b"]),
    );
    await list.then((names) => load(...names));
    expect(batches).toEqual(["STREAMS: a", "STREAMS: b"]);
  });

  it("is the only one that leaves when two lists wait for each other's names: the other may still be joined", async () => {
    const batchScheduler = createBatchScheduler();
    const streams = loaderIn(batchScheduler, "STREAMS");
    const ids = loaderIn(batchScheduler, "TRACKING_IDS", streams.batches);
    const streamNames = batchScheduler.holdUntil(
      new Set(["STREAMS"]),
      ids.load("x").then(() => ["b"]),
    );
    const trackingIds = batchScheduler.holdUntil(
      new Set(["TRACKING_IDS"]),
      streams.load("a").then(() => ["y"]),
    );
    await Promise.all([
      streamNames.then((names) => streams.load(...names)),
      trackingIds.then((names) => ids.load(...names)),
    ]);
    expect(streams.batches).toEqual(["TRACKING_IDS: x", "STREAMS: a b", "TRACKING_IDS: y"]);
  });

  it("leaves also after a batch of nothing but what is known already, which makes no call", async () => {
    const batchScheduler = createBatchScheduler();
    const streams = loaderIn(batchScheduler, "STREAMS");
    const monitoring = loaderIn(batchScheduler, "MONITORING", streams.batches);
    const list = batchScheduler.holdUntil(new Set(["MONITORING"]), monitoring.load("live"));
    await Promise.all([streams.load("a").then(() => streams.load("a")), list]);
    expect(streams.batches).toEqual(["STREAMS: a", "MONITORING: live"]);
  });

  it("does not leave for want of movement while a call is under way", async () => {
    const batchScheduler = createBatchScheduler();
    const { load, batches } = loaderIn(batchScheduler, "STREAMS");
    const slow = listOf(batchScheduler, [], 3);
    const list = batchScheduler.holdUntil(
      new Set(["STREAMS"]),
      slow.then(() => ["b"]),
    );
    await Promise.all([load("a"), list.then((names) => load(...names))]);
    expect(batches).toEqual(["STREAMS: a b"]);
  });

  it("may find nothing to wait for: promises are handed through as they are", async () => {
    const batchScheduler = createBatchScheduler();
    const promise = Promise.resolve(5);
    expect(batchScheduler.track(promise)).toBe(promise);
    expect(batchScheduler.holdUntil(new Set(), promise)).toBe(promise);
    await promise;
  });
});

describe("batch scheduler: whatever a query waits for", () => {
  type Step =
    | { readonly do: "load"; readonly group: BatchGroup; readonly name: string }
    | { readonly do: "pause"; readonly isCounted: boolean }
    | { readonly do: "fail" }
    | { readonly do: "list"; readonly groups: readonly BatchGroup[]; readonly steps: readonly Step[] };
  const group = fc.constantFrom<BatchGroup>("STREAMS", "TRACKING_IDS", "MONITORING");
  const { steps } = fc.letrec<{ steps: readonly Step[] }>((tie) => ({
    steps: fc.array(
      fc.oneof(
        { maxDepth: 3 },
        fc.record({ do: fc.constant("load" as const), group, name: fc.constantFrom("a", "b", "c", "d") }),
        fc.record({ do: fc.constant("pause" as const), isCounted: fc.boolean() }),
        fc.record({ do: fc.constant("fail" as const) }),
        fc.record({
          do: fc.constant("list" as const),
          groups: fc.uniqueArray(group, { maxLength: 3 }),
          steps: tie("steps"),
        }),
      ),
      { maxLength: 4 },
    ),
  }));

  it("it is answered: no batch and no list waits for ever", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { maxLength: 5 }), async (fields) => {
        const batchScheduler = createBatchScheduler();
        const batches: string[] = [];
        const loaders = {
          STREAMS: loaderIn(batchScheduler, "STREAMS", batches),
          TRACKING_IDS: loaderIn(batchScheduler, "TRACKING_IDS", batches),
          MONITORING: loaderIn(batchScheduler, "MONITORING", batches),
        };
        const run = async (all: readonly Step[]): Promise<void> => {
          for (const step of all) {
            if (step.do === "load") await loaders[step.group as keyof typeof loaders].load(step.name);
            if (step.do === "pause") await (step.isCounted ? batchScheduler.track(turn()) : turn());
            if (step.do === "fail") throw new Error("a list failed");
            if (step.do === "list")
              await batchScheduler.holdUntil(new Set(step.groups), run(step.steps)).catch(() => undefined);
          }
        };
        let isAnswered = false;
        const answer = Promise.allSettled(fields.map(run)).then(() => {
          isAnswered = true;
        });
        for (let turns = 0; turns < 500 && !isAnswered; turns += 1) await turn();
        expect(isAnswered).toBe(true);
        await answer;
        const loaded = batches.flatMap((batch) =>
          batch
            .split(" ")
            .slice(1)
            .map((name) => `${batch.split(":")[0]} ${name}`),
        );
        expect(new Set(loaded).size).toBe(loaded.length);
      }),
      { numRuns: 500 },
    );
  });
});
