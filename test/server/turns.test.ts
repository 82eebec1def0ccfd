import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { MaybePromise } from "../../src/model/maybe-promise.ts";
import { inTurn } from "../../src/server/turns.ts";

describe("work that had to wait", () => {
  it("begins in the order in which it came, one piece in each turn of the event loop", async () => {
    const begun: number[] = [];
    const work = inTurn(async (piece: number) => begun.push(piece));
    await work(0);
    const pieces = [1, 2, 3].map((piece) => work(piece));
    const seen: number[][] = [];
    for (let turns = 0; turns < 4; turns += 1) {
      seen.push([...begun]);
      await turnOfTheLoop();
    }
    expect(seen).toEqual([[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]]);
    await Promise.all(pieces);
  });

  it("begins at once until it has, and again when it need not any more", async () => {
    let isKnown = true;
    const work = inTurn((): MaybePromise<string> => (isKnown ? "at once" : Promise.resolve("later")));
    expect(work()).toBe("at once");
    isKnown = false;
    expect(await work()).toBe("later");
    isKnown = true;
    expect(work()).toBeInstanceOf(Promise);
    await turnOfTheLoop();
    expect(work()).toBe("at once");
  });

  it("fails as it does by itself", async () => {
    const work = inTurn(() => Promise.reject(new Error("no answer")));
    await expect(work()).rejects.toThrow("no answer");
    await expect(work()).rejects.toThrow("no answer");
  });
});
