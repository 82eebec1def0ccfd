import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Storage that is disabled while no transaction is open.
 *
 * Up to Node.js 22, an `await` anywhere in the process takes three times as long as long as a storage is enabled, which it is from
 * its first use on.
 */
class TransactionScope extends AsyncLocalStorage<{ isOpen: boolean }> {
  #open = 0;

  async enclose<Result>(work: () => Promise<Result>): Promise<Result> {
    const transaction = { isOpen: true };
    this.#open += 1;
    try {
      return await this.run(transaction, work);
    } finally {
      transaction.isOpen = false;
      this.#open -= 1;
      if (this.#open === 0) this.disable();
    }
  }
}

const scope = new TransactionScope();

/** Runs the work of a transaction in a scope that {@link assertOutsideTransaction} recognizes. */
export function asTransaction<Result>(work: () => Promise<Result>): Promise<Result> {
  return scope.enclose(work);
}

/**
 * Throws if the store itself is used within a transaction.
 *
 * With SQLite it would wait forever for the connection of the transaction; with PostgreSQL it would write outside of it.
 */
export function assertOutsideTransaction(): void {
  if (scope.getStore()?.isOpen) throw new Error("work in a transaction must use only the tables that it receives");
}
