import { AsyncLocalStorage } from "node:async_hooks";

const scope = new AsyncLocalStorage<{ isOpen: boolean }>();

/** Runs the work of a transaction, so that its queries can be told from those of others. */
export async function asTransaction<Result>(work: () => Promise<Result>): Promise<Result> {
  const transaction = { isOpen: true };
  try {
    return await scope.run(transaction, work);
  } finally {
    transaction.isOpen = false;
  }
}

/**
 * Refuses the slip of using the store itself within a transaction of its own: with SQLite it would wait for ever for the
 * one connection that the transaction holds, with PostgreSQL it would write outside of it.
 */
export function assertOutsideTransaction(): void {
  if (scope.getStore()?.isOpen) throw new Error("within a transaction, only the tables that it was given may be used");
}
