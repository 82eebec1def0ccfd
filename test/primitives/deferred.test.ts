import { describe, expect, it } from "vitest";
import { Deferred } from "../../src/primitives/deferred.ts";

describe("a deferred value", () => {
  it("is there without a promise as soon as it is resolved", async () => {
    const deferred = new Deferred<string>();
    expect([deferred.isPending, deferred.value]).toEqual([true, undefined]);
    deferred.resolve("told");
    expect([deferred.isPending, deferred.value]).toEqual([false, "told"]);
    expect(await deferred.promise).toBe("told");
  });

  it("settles the promise that was asked for before, by what came first", async () => {
    const deferred = new Deferred<string>();
    const { promise } = deferred;
    deferred.resolve("first");
    deferred.resolve("second");
    deferred.reject(new Error("third"));
    expect(await promise).toBe("first");
    expect(deferred.promise).toBe(promise);
    expect(deferred.value).toBe("first");
  });

  it("waits for another promise, and takes over how that settles", async () => {
    const [told, failed] = [new Deferred<string>(), new Deferred<string>()];
    told.resolve(Promise.resolve("told"));
    failed.resolve(Promise.reject(new Error("failed")));
    expect([told.isPending, failed.isPending]).toEqual([true, true]);
    expect(await told.promise).toBe("told");
    await expect(failed.promise).rejects.toThrow("failed");
  });

  it("that nobody asks for may fail unheard", async () => {
    new Deferred<string>().reject(new Error("unheard"));
    await new Promise((resolve) => setImmediate(resolve));
    const failed = new Deferred<string>();
    failed.reject(new Error("heard"));
    await expect(failed.promise).rejects.toThrow("heard");
  });
});
