/** One viewer connection. A reconnect is a new one with the same `clientId`. */
export interface Viewing {
  readonly clientId: string;
  readonly recordId: number;
  /** Record of the connection that this one continues. */
  readonly previousRecordId: number | null;
  readonly streamName: string;
  readonly trackingId: string | null;
  readonly customViewerData: string | null;
  readonly ip: string;
  readonly country: string;
  readonly clusterId: string;
  readonly userAgent: string;
  readonly bitsPerSecond: bigint;
  readonly startedAt: number;
  /** Planned end; null for none. */
  readonly endsAt: number | null;
  /** Early end, or the end of the stream. */
  endedAt: number | null;
}

/** Returns when a connection ended or will end; infinite if neither is set. */
export function endOf(connection: Pick<Viewing, "endsAt" | "endedAt">): number {
  return Math.min(connection.endedAt ?? Number.POSITIVE_INFINITY, connection.endsAt ?? Number.POSITIVE_INFINITY);
}

/** A viewer connection about to start. */
export type ViewingStart = Omit<Viewing, "clientId" | "recordId" | "previousRecordId" | "startedAt" | "endedAt"> & {
  /** Client that reconnects; null for a new one. */
  readonly clientId: string | null;
};
