import { describe, expect, it } from "vitest";
import { Deferred } from "../../src/primitives/deferred.ts";

describe("Deferred", () => {
  it("has its value without a promise once it is resolved", async () => {
    const deferred = new Deferred<string>();
    expect([deferred.isPending, deferred.value]).toEqual([true, undefined]);
    deferred.resolve("told");
    expect([deferred.isPending, deferred.value]).toEqual([false, "told"]);
    expect(await deferred.promise).toBe("told");
  });

  it("settles a promise created before, with the first outcome", async () => {
    const deferred = new Deferred<string>();
    const { promise } = deferred;
    deferred.resolve("first");
    deferred.resolve("second");
    deferred.reject(new Error("third"));
    expect(await promise).toBe("first");
    expect(deferred.promise).toBe(promise);
    expect(deferred.value).toBe("first");
  });

  it("takes over the outcome of another promise", async () => {
    const [told, failed] = [new Deferred<string>(), new Deferred<string>()];
    told.resolve(Promise.resolve("told"));
    failed.resolve(Promise.reject(new Error("failed")));
    expect([told.isPending, failed.isPending]).toEqual([true, true]);
    expect(await told.promise).toBe("told");
    await expect(failed.promise).rejects.toThrow("failed");
  });

  it("rejects without an unhandled rejection if no promise was created", async () => {
    new Deferred<string>().reject(new Error("unheard"));
    await new Promise((resolve) => setImmediate(resolve));
    const failed = new Deferred<string>();
    failed.reject(new Error("heard"));
    await expect(failed.promise).rejects.toThrow("heard");
  });
});
