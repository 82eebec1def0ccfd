import { describe, expect, it, vi } from "vitest";
import { remainingMs, setDeadline } from "../../src/primitives/deadline.ts";
import { createScriptedPlatform, upstreamFailure } from "../support/platform.ts";

describe("deadline", () => {
  it("limits the time of a call to what is left of it", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const { signal } = new AbortController();
      expect(remainingMs(signal, 4_000)).toBe(4_000);
      setDeadline(signal, 8_000);
      expect(remainingMs(signal, 4_000)).toBe(4_000);
      vi.advanceTimersByTime(7_000);
      expect(remainingMs(signal, 4_000)).toBe(1_000);
      expect(remainingMs(new AbortController().signal, 4_000)).toBe(4_000);
      expect(remainingMs(undefined, 4_000)).toBe(4_000);
      vi.advanceTimersByTime(1_000);
      expect(remainingMs(signal, 4_000)).toBe(0);
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("prevents a read after it from being sent, without a health report on the platform", async () => {
    await using platform = createScriptedPlatform();
    const { signal } = new AbortController();
    setDeadline(signal, 0);
    const read = platform.http.read({ operation: "Test_Call", path: "/api/test", decode: (data) => data, signal });
    expect(await upstreamFailure(read)).toMatchObject({ code: "UPSTREAM_TIMEOUT", health: "UNKNOWN" });
    expect(platform.calls).toEqual([]);
    expect(platform.reports).toMatchObject([{ attempts: 0, failure: "UPSTREAM_TIMEOUT" }]);
  });
});
