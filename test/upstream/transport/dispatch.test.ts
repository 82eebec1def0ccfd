import type { Dispatcher } from "undici";
import { describe, expect, it } from "vitest";
import { SharedCancellation } from "../../../src/primitives/cancellation.ts";
import { dispatchBuffered } from "../../../src/upstream/transport/dispatch.ts";
import { createTestTiming } from "../../support/platform.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Round trips whose answers are given by hand. */
function createTrips() {
  const { timer, advance } = createTestTiming();
  const handlers: Dispatcher.DispatchHandler[] = [];
  const read: number[] = [];
  const controller = { abort: () => undefined } as unknown as Dispatcher.DispatchController;
  const dispatcher = {
    dispatch: (_sent: unknown, handler: Dispatcher.DispatchHandler) => {
      handlers.push(handler);
      handler.onRequestStart?.(controller, {});
      return true;
    },
  } as unknown as Dispatcher;
  const outcome = {
    taken: ({ body }: { readonly body: Buffer }) => {
      read.push(body.length);
      return body.length;
    },
    failed: (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  };
  return {
    read,
    advance,
    begin: (left?: SharedCancellation, timeoutMs = 60_000) =>
      dispatchBuffered(dispatcher, () => ({ path: "/", method: "GET" }), timeoutMs, timer, left, outcome),
    answer: (index: number, bytes: number) => {
      const handler = handlers[index];
      handler?.onResponseStart?.(controller, 200, {}, "OK");
      handler?.onResponseData?.(controller, Buffer.alloc(bytes, "x"));
      handler?.onResponseEnd?.(controller, {});
    },
  };
}

describe("answers that come together", () => {
  it("are read at once where they are of usual length", async () => {
    const { read, begin, answer } = createTrips();
    const trips = [begin(), begin()];
    answer(0, 60_000);
    answer(1, 70_000);
    expect(read).toEqual([60_000, 70_000]);
    expect(await Promise.all(trips)).toEqual([60_000, 70_000]);
  });

  it("are read one in each turn of the event loop where they are long, so that others get in between", async () => {
    const { read, begin, answer } = createTrips();
    const trips = [begin(), begin(), begin()];
    for (const index of [0, 1, 2]) answer(index, 400_000 + index);
    expect(read).toEqual([]);
    const seen: number[] = [];
    while (read.length < 3) {
      await turn();
      seen.push(read.length);
    }
    expect(seen.every((count, index) => count - (seen[index - 1] ?? 0) <= 1)).toBe(true);
    expect(await Promise.all(trips)).toEqual([400_000, 400_001, 400_002]);
  });

  it("are not read for somebody who has left before their turn", async () => {
    const { read, begin, answer } = createTrips();
    const left = new SharedCancellation();
    const trip = begin(left);
    answer(0, 400_000);
    left.abort(new Error("left"));
    await expect(trip).rejects.toThrow("left");
    await turn();
    expect(read).toEqual([]);
  });
});

describe("an answer", () => {
  it("that arrived while the event loop was held is taken, though its time was up meanwhile", async () => {
    const { begin, advance, answer } = createTrips();
    const trip = begin(undefined, 5);
    // Timers come first in the next turn, and what has arrived behind them.
    advance(5);
    answer(0, 10);
    expect(await trip).toBe(10);
  });

  it("that does not come in time is not waited for", async () => {
    const { begin, advance } = createTrips();
    const trip = begin(undefined, 5);
    advance(5);
    await expect(trip).rejects.toThrow("The time is up.");
  });
});
