/** One viewer connection, of the past or of the live part, as viewer records look at it. */
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
  /** In milliseconds. */
  readonly startedAt: number;
  /** In milliseconds; infinite while nothing says when it will end. */
  readonly endsAt: number;
  /** Bytes delivered up to an instant between its start and its end. */
  bytesUntil(instant: number): number | bigint;
}

/** By start, then by record id: the order of every answer. */
export function inOrder(a: Connection, b: Connection): number {
  return a.startedAt - b.startedAt || a.recordId - b.recordId;
}
