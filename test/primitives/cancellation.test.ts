import { describe, expect, it } from "vitest";
import { SharedCancellation } from "../../src/primitives/cancellation.ts";
import { createRawPlatform, upstreamFailure } from "../support/platform.ts";

describe("SharedCancellation", () => {
  it("calls each listener once, with the reason", () => {
    const cancellation = new SharedCancellation();
    const calls: string[] = [];
    const listener = () => void calls.push("one");
    cancellation.addEventListener("abort", listener);
    cancellation.addEventListener("abort", () => {
      // As a call does when it ends.
      cancellation.removeEventListener("abort", listener);
      calls.push("two");
    });
    cancellation.addEventListener("abort", () => void calls.push("three"));
    const reason = new Error("gone");
    cancellation.abort(reason);
    cancellation.abort(new Error("again"));
    expect(calls).toEqual(["one", "two", "three"]);
    expect(cancellation).toMatchObject({ aborted: true, reason });
  });

  it("calls no removed listener, and has an AbortError as its default reason", () => {
    const cancellation = new SharedCancellation();
    const listener = () => expect.unreachable();
    cancellation.addEventListener("abort", listener);
    cancellation.removeEventListener("abort", listener);
    cancellation.abort(undefined);
    expect(cancellation.reason).toMatchObject({ name: "AbortError" });
  });

  it("cancels a call in flight, and prevents another one from being sent", async () => {
    const cancellation = new SharedCancellation();
    let sent = 0;
    await using platform = await createRawPlatform(() => {
      sent += 1;
      setImmediate(() => cancellation.abort(undefined));
    });
    const call = { operation: "Test_Call", path: "/api/test", decode: (data: unknown) => data, signal: cancellation };
    for (const _ of ["in flight", "not sent"]) {
      const failure = await upstreamFailure(platform.http.read(call));
      expect(failure).toMatchObject({ code: "UPSTREAM_UNAVAILABLE", health: "UNKNOWN" });
      expect(failure.message).toContain("cancelled");
    }
    await platform.hungUp;
    expect(sent).toBe(1);
  });
});
