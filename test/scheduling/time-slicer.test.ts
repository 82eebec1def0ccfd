import { GraphQLInt, GraphQLObjectType, GraphQLSchema, type OperationDefinitionNode, parse } from "graphql";
import { describe, expect, it } from "vitest";
import { createEngine } from "../../src/engine/engine.ts";
import { createScheduling } from "../../src/scheduling/scheduling.ts";
import { SLICE_MS, type TimeSlicer } from "../../src/scheduling/time-slicer.ts";
import { createTestGateway, range } from "../support/gateway.ts";

/** The time, which stands still unless a test moves it. */
let now = 0;
const holdLoop = (ms: number) => {
  now += ms;
};

const { createTimeSlicer } = createScheduling({ maxRequestsInFlight: 1, clock: () => now });

/** Writes a list of objects, each of which takes a millisecond, and returns how many turns it took. */
async function written(slicer: TimeSlicer, objects: number): Promise<{ order: number[]; turns: number }> {
  let turns = 0;
  let isOver = false;
  const turn = () => {
    turns += 1;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const write = (index: number) => {
    holdLoop(1);
    return index;
  };
  const order = await Promise.all(
    Array.from({ length: objects }, (_, index) =>
      slicer.isExhausted() ? slicer.defer(() => write(index)) : write(index),
    ),
  );
  isOver = true;
  return { order, turns };
}

describe("time slicer", () => {
  it("divides a long list into slices of the event loop, in order", async () => {
    const { order, turns } = await written(
      createTimeSlicer(() => undefined),
      200,
    );
    expect(order).toEqual(Array.from({ length: 200 }, (_, index) => index));
    expect(turns).toBeGreaterThanOrEqual(8);
  });

  it("announces deferred work until all of it has started", async () => {
    let started = 0;
    const startedWhenAnnounced: Promise<number>[] = [];
    const slicer = createTimeSlicer((allStarted) => {
      startedWhenAnnounced.push(allStarted.then(() => started));
    });
    const deferOne = () =>
      slicer.defer(() => {
        started += 1;
        // Used up, so that the next one starts in another turn.
        holdLoop(SLICE_MS);
      });
    await Promise.all([deferOne(), deferOne(), deferOne()]);
    await deferOne();
    expect(await Promise.all(startedWhenAnnounced)).toEqual([3, 4]);
  });

  it("rejects the promise of deferred work that throws", async () => {
    const failing = createTimeSlicer(() => undefined).defer(() => {
      throw new Error("odd");
    });
    await expect(failing).rejects.toThrow("odd");
  });
});

describe("time slicer of a short list", () => {
  it("defers nothing", async () => {
    const held: Promise<void>[] = [];
    await written(
      createTimeSlicer((begun) => void held.push(begun)),
      10,
    );
    expect(held).toEqual([]);
  });
});

describe("execution in time slices", () => {
  it("defers values whose promises settle together, also if none of them is in a list", async () => {
    const item = new GraphQLObjectType({
      name: "Item",
      fields: {
        slow: {
          type: GraphQLInt,
          resolve: (number: number) => {
            holdLoop(1);
            return number;
          },
        },
      },
    });
    const fields = Object.fromEntries(
      Array.from({ length: 200 }, (_, number) => [`f${number}`, { type: item, resolve: async () => number }]),
    );
    const schema = new GraphQLSchema({ query: new GraphQLObjectType({ name: "Query", fields }) });
    const text = `{ ${Object.keys(fields)
      .map((name) => `${name} { slow }`)
      .join(" ")} }`;
    const document = parse(text);
    const [operation] = document.definitions as [OperationDefinitionNode];
    const held: Promise<void>[] = [];
    const engine = createEngine<object>("planned", schema, {
      createTimeSlicer,
      onDeferred: (_context, allStarted) => void held.push(allStarted),
    });
    let turns = 0;
    let isOver = false;
    const turn = () => {
      turns += 1;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    const { data = "" } = await engine(document, operation)({ context: {}, variables: {} });
    isOver = true;
    expect(Object.values(JSON.parse(data))).toEqual(Array.from({ length: 200 }, (_, slow) => ({ slow })));
    expect(turns).toBeGreaterThanOrEqual(8);
    expect(held).not.toEqual([]);
    await Promise.all(held);
  });
});

describe("a page written in time slices", () => {
  it("reads its usage in as few calls as an undivided page, and gives the same data when all of it is cached", async () => {
    // Each read of the clock takes a millisecond, so that the page takes many slices.
    const clock = () => {
      now += 1;
      return now;
    };
    await using gateway = await createTestGateway({
      sandbox: { bulk: 20 },
      gateway: { scheduling: createScheduling({ maxRequestsInFlight: 1, clock }) },
    });
    const HOURS = 8;
    await gateway.ask("{ streams(first: 100) { nodes { name isLive } } }");
    gateway.sandbox.clearCalls();
    const aliases = Array.from({ length: HOURS }, (_, hour) => {
      const window = range(`2026-03-12T${String(hour).padStart(2, "0")}:00:00Z`, "2026-03-18T00:00:00Z");
      return `a${hour}: bandwidth(window: ${window}) { total { bytesOut } }`;
    });
    const query = `{ streams(first: 30) { nodes { name ${aliases.join(" ")} } } }`;
    const cold = await gateway.ask<{ streams: { nodes: unknown[] } }>(query);
    expect(cold.errors).toEqual([]);
    const { length } = cold.data.streams.nodes;
    expect(length).toBe(30);
    expect(gateway.analyticsCalls()).toHaveLength(HOURS * (length / 10));
    expect((await gateway.ask(query)).data).toEqual(cold.data);
    expect(gateway.analyticsCalls()).toEqual([]);
  });
});
