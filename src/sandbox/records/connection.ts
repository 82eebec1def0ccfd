/** One viewer connection, past or live, as viewer records see it. */
export interface Connection {
  /** Unique; grows with time among connections of the past. */
  readonly recordId: number;
  readonly previousRecordId: number | null;
  readonly clientId: string;
  readonly streamName: string;
  readonly trackingId: string | null;
  readonly customViewerData: string | null;
  readonly country: string;
  readonly clusterId: string;
  readonly ipAddress: string;
  readonly userAgent: string;
  /** Start in milliseconds. */
  readonly startedAt: number;
  /** End in milliseconds; infinite if it is not set. */
  readonly endsAt: number;
  /** Returns the bytes delivered up to an instant between start and end. */
  bytesUntil(instant: number): number | bigint;
}

/** Order by start, then by record id, as in every response. */
export function inOrder(a: Connection, b: Connection): number {
  return a.startedAt - b.startedAt || a.recordId - b.recordId;
}
