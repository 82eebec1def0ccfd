import type { Dispatcher } from "undici";
import { describe, expect, it } from "vitest";
import { SharedCancellation } from "../../../src/primitives/cancellation.ts";
import { createTaskQueue } from "../../../src/scheduling/task-queue.ts";
import { dispatchBuffered } from "../../../src/upstream/transport/dispatch.ts";
import { createTestTiming } from "../../support/platform.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Dispatches whose responses the test gives. */
function createDispatches() {
  const { timer, advance } = createTestTiming();
  const onePerTurn = createTaskQueue(setImmediate, 0, () => 0);
  const sent: Dispatcher.DispatchHandler[] = [];
  const read: number[] = [];
  const controller = { abort: () => undefined } as unknown as Dispatcher.DispatchController;
  const dispatcher = {
    dispatch: (_options: unknown, handler: Dispatcher.DispatchHandler) => {
      sent.push(handler);
      handler.onRequestStart?.(controller, {});
      return true;
    },
  } as unknown as Dispatcher;
  const handlers = {
    onResponse: ({ body }: { readonly body: Buffer }) => {
      read.push(body.length);
      return body.length;
    },
    onError: (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
  };
  return {
    read,
    advance,
    begin: (left?: SharedCancellation, timeoutMs = 60_000) =>
      dispatchBuffered(
        { dispatcher, timer, onePerTurn },
        () => ({ path: "/", method: "GET" }),
        timeoutMs,
        left,
        handlers,
      ),
    answer: (index: number, bytes: number) => {
      const handler = sent[index];
      handler?.onResponseStart?.(controller, 200, {}, "OK");
      handler?.onResponseData?.(controller, Buffer.alloc(bytes, "x"));
      handler?.onResponseEnd?.(controller, {});
    },
  };
}

describe("dispatchBuffered", () => {
  it("decodes responses of usual length at once", async () => {
    const { read, begin, answer } = createDispatches();
    const calls = [begin(), begin()];
    answer(0, 60_000);
    answer(1, 70_000);
    expect(read).toEqual([60_000, 70_000]);
    expect(await Promise.all(calls)).toEqual([60_000, 70_000]);
  });

  it("decodes large responses one per turn of the event loop, so that other work runs in between", async () => {
    const { read, begin, answer } = createDispatches();
    const calls = [begin(), begin(), begin()];
    for (const index of [0, 1, 2]) answer(index, 400_000 + index);
    expect(read).toEqual([]);
    const seen: number[] = [];
    while (read.length < 3) {
      await turn();
      seen.push(read.length);
    }
    expect(seen.every((count, index) => count - (seen[index - 1] ?? 0) <= 1)).toBe(true);
    expect(await Promise.all(calls)).toEqual([400_000, 400_001, 400_002]);
  });

  it("does not decode a large response for a client that left before its turn", async () => {
    const { read, begin, answer } = createDispatches();
    const left = new SharedCancellation();
    const call = begin(left);
    answer(0, 400_000);
    left.abort(new Error("left"));
    await expect(call).rejects.toThrow("left");
    await turn();
    expect(read).toEqual([]);
  });

  it("takes a response that arrived while the event loop was blocked, though its time was up by then", async () => {
    const { begin, advance, answer } = createDispatches();
    const call = begin(undefined, 5);
    // Timers run first in the next turn, and responses that have arrived after them.
    advance(5);
    answer(0, 10);
    expect(await call).toBe(10);
  });

  it("rejects when the response does not arrive in time", async () => {
    const { begin, advance } = createDispatches();
    const call = begin(undefined, 5);
    advance(5);
    await expect(call).rejects.toThrow("The time is up.");
  });
});
