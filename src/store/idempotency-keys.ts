/** What is kept of a write that must happen once. */
export interface IdempotencyKeyRecord {
  /** Made of caller, operation and key. */
  readonly id: string;
  readonly operation: string;
  readonly inputHash: string;
  /** The state before the change, as the write told it. No secret. */
  readonly before: string | null;
  /** The id of what came of it; null while that is not known. */
  readonly result: string | null;
  /** Times are milliseconds since the epoch. */
  readonly begunAt: number;
  /** When the last answer was lost; null while none was. */
  readonly lostAt: number | null;
  /** The gateway that is at it now, and until when that is believed; null when none is. */
  readonly owner: string | null;
  readonly leasedUntil: number | null;
  readonly expiresAt: number;
}

export interface IdempotencyKeyStore {
  /**
   * Puts the record there if its id is new (or the one there has expired), and answers with null; else with the record that is there.
   */
  begin(record: IdempotencyKeyRecord, now: number): Promise<IdempotencyKeyRecord | null>;
  /** Takes over a record that no gateway is at; false when another one was faster. */
  lease(id: string, owner: string, now: number, leasedUntil: number): Promise<boolean>;
  /**
   * Notes the result and gives the record free.
   *
   * @throws ResultTakenError when another key of the same operation stands for this result
   */
  finish(id: string, result: string): Promise<void>;
  /** Notes that the answer was lost and gives the record free. */
  lose(id: string, lostAt: number): Promise<void>;
  /** Forgets a write that surely did not happen. */
  forget(id: string): Promise<void>;
  /** True when another key of the operation stands for the result. */
  isTaken(operation: string, result: string): Promise<boolean>;
  deleteExpired(now: number): Promise<void>;
}
