import { describe, expect, it } from "vitest";
import { Deferred } from "../../src/primitives/deferred.ts";
import { SingleFlight } from "../../src/primitives/single-flight.ts";

/** Single flight whose calls are settled by the test. */
function controlled() {
  const calls: Deferred<string>[] = [];
  const current: boolean[] = [];
  const flight = new SingleFlight(async (isCurrent) => {
    const call = new Deferred<string>();
    calls.push(call);
    try {
      return await call.promise;
    } finally {
      current.push(isCurrent());
    }
  });
  return { flight, calls, current };
}

describe("SingleFlight", () => {
  it("shares one call among all that run it meanwhile, and starts another one afterwards", async () => {
    const { flight, calls } = controlled();
    const results = [flight.run(), flight.run()];
    calls[0]?.resolve("first");
    expect(await Promise.all(results)).toEqual(["first", "first"]);
    expect(flight.current).toBeNull();
    const next = flight.run();
    calls[1]?.resolve("second");
    expect(await next).toBe("second");
  });

  it("shares a failure, and does not keep it", async () => {
    const { flight, calls } = controlled();
    const results = Promise.all([flight.run(), flight.run()]);
    calls[0]?.reject(new Error("down"));
    await expect(results).rejects.toThrow("down");
    expect(flight.current).toBeNull();
  });

  it("starts a new call after it was detached, and tells the old one that it is not current", async () => {
    const { flight, calls, current } = controlled();
    const old = flight.run();
    flight.detach();
    const next = flight.run();
    calls[0]?.resolve("old");
    expect(await old).toBe("old");
    expect(flight.current).toBe(next);
    calls[1]?.resolve("new");
    expect(await next).toBe("new");
    expect(current).toEqual([false, true]);
  });
});
