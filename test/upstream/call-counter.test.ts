import { describe, expect, it } from "vitest";
import { countCalls } from "../../src/upstream/call-counter.ts";
import type { Upstream } from "../../src/upstream/upstream.ts";

describe("clients that count", () => {
  const upstream = {
    account: { id: async () => "acme" },
    streams: {
      stop: async () => {
        throw new Error("no");
      },
    },
    health: () => [],
  } as unknown as Upstream;

  it("count each question once, and give the same answers and failures", async () => {
    const tally = { upstreamCalls: 0 };
    const { account, streams } = countCalls(upstream, tally);
    expect(await account.id()).toBe("acme");
    await expect(Reflect.apply(streams.stop, streams, [])).rejects.toThrow("no");
    expect(tally.upstreamCalls).toBe(2);
  });

  it("count nothing until something is asked", () => {
    const tally = { upstreamCalls: 0 };
    expect(countCalls(upstream, tally).health()).toEqual([]);
    expect(tally.upstreamCalls).toBe(0);
  });
});
