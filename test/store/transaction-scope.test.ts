import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, describe, expect, it, vi } from "vitest";
import { assertOutsideTransaction, asTransaction } from "../../src/store/transaction-scope.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the scope of transactions", () => {
  it("slows down promises only while a transaction is open", async () => {
    const disable = vi.spyOn(AsyncLocalStorage.prototype, "disable");
    let end = (): void => undefined;
    const open = asTransaction(() => new Promise<void>((resolve) => (end = resolve)));
    await asTransaction(async () => undefined);
    expect(disable).not.toHaveBeenCalled();
    end();
    await open;
    expect(disable).toHaveBeenCalledOnce();
  });

  it("is left when the transaction fails", async () => {
    const disable = vi.spyOn(AsyncLocalStorage.prototype, "disable");
    await expect(asTransaction(() => Promise.reject(new Error("conflict")))).rejects.toThrow("conflict");
    expect(disable).toHaveBeenCalledOnce();
  });

  it("still recognizes a transaction after another has ended, and after all had ended before", async () => {
    await asTransaction(async () => undefined);
    await asTransaction(async () => {
      await asTransaction(async () => undefined);
      await null;
      expect(assertOutsideTransaction).toThrow("work in a transaction must use only the tables that it receives");
    });
    expect(assertOutsideTransaction).not.toThrow();
  });
});
