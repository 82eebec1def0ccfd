import { describe, expect, it } from "vitest";
import { SharedCancellation } from "../../src/primitives/cancellation.ts";
import { createRawPlatform, upstreamFailure } from "../support/platform.ts";

describe("that all have left", () => {
  it("is told once to each that listens, with its reason", () => {
    const left = new SharedCancellation();
    const told: string[] = [];
    const listener = () => void told.push("one");
    left.addEventListener("abort", listener);
    left.addEventListener("abort", () => {
      // As any that ends does.
      left.removeEventListener("abort", listener);
      told.push("two");
    });
    left.addEventListener("abort", () => void told.push("three"));
    const reason = new Error("gone");
    left.abort(reason);
    left.abort(new Error("again"));
    expect(told).toEqual(["one", "two", "three"]);
    expect(left).toMatchObject({ aborted: true, reason });
  });

  it("is not told to what has ceased to listen, and has a reason of its own where none is given", () => {
    const left = new SharedCancellation();
    const listener = () => expect.unreachable();
    left.addEventListener("abort", listener);
    left.removeEventListener("abort", listener);
    left.abort(undefined);
    expect(left.reason).toMatchObject({ name: "AbortError" });
  });

  it("ends a call that is under way, and keeps another from being sent", async () => {
    const left = new SharedCancellation();
    let sent = 0;
    await using platform = await createRawPlatform(() => {
      sent += 1;
      setImmediate(() => left.abort(undefined));
    });
    const call = { operation: "Test_Call", path: "/api/test", decode: (data: unknown) => data, signal: left };
    for (const _ of ["under way", "not sent"]) {
      const failure = await upstreamFailure(platform.http.read(call));
      expect(failure).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", health: "UNKNOWN" });
      expect(failure.message).toContain("given up");
    }
    await platform.hungUp;
    expect(sent).toBe(1);
  });
});
