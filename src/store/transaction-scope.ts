import { AsyncLocalStorage } from "node:async_hooks";

const scope = new AsyncLocalStorage<{ isOpen: boolean }>();

/** Runs the work of a transaction in a scope that {@link assertOutsideTransaction} recognizes. */
export async function asTransaction<Result>(work: () => Promise<Result>): Promise<Result> {
  const transaction = { isOpen: true };
  try {
    return await scope.run(transaction, work);
  } finally {
    transaction.isOpen = false;
  }
}

/**
 * Throws if the store itself is used within a transaction.
 *
 * With SQLite it would wait forever for the connection of the transaction; with PostgreSQL it would write outside of it.
 */
export function assertOutsideTransaction(): void {
  if (scope.getStore()?.isOpen) throw new Error("work in a transaction must use only the tables that it receives");
}
