import { setImmediate as nextTurn } from "node:timers/promises";
import { DAY_MS, floorTo, HOUR_MS } from "../calendar.ts";
import type { Ledger } from "../ledger.ts";
import type { Live } from "../live/live.ts";
import { bytesAfter } from "../live/metering.ts";
import type { Viewing } from "../live/viewing.ts";
import { endOf } from "../live/viewing.ts";
import type { StreamModel, Traffic } from "../traffic/traffic.ts";
import { type Connection, inOrder } from "./connection.ts";
import { holds, type RecordFilter, reachOf } from "./filter.ts";
import { connectionsOfHour, LONGEST_MS, openConnections } from "./history.ts";

/** One viewer record: one connection, or in v1 all connections of one client. */
export interface RecordRow {
  /** First connection. */
  readonly first: Connection;
  /** Null while it is ongoing, in milliseconds. */
  readonly endedAt: number | null;
  readonly durationSeconds: number;
  readonly bytes: number | bigint;
}

/** Sources of viewer connections. */
export interface RecordSources {
  readonly traffic: Traffic;
  readonly live: Live;
  readonly ledger: Ledger;
}

const RETENTION_DAYS = 365;

/** Time for which rows are generated before other work may run, in milliseconds. */
const SLICE_MS = 10;

/**
 * Yields the records as of an instant in batches, by start and then by record id.
 *
 * They are generated hour by hour while they are read: a year is more than a million rows, and takes no memory.
 *
 * @param mergeReconnects - v1: the connections of one client are one row
 */
export async function* recordBatches(
  sources: RecordSources,
  filter: RecordFilter,
  mergeReconnects: boolean,
  now: number,
): AsyncGenerator<readonly RecordRow[]> {
  const retainedFrom = floorTo(now, DAY_MS) - RETENTION_DAYS * DAY_MS;
  const rowsOf = (connections: readonly Connection[]) =>
    (mergeReconnects ? byClient(connections) : connections.map((connection) => [connection]))
      .flatMap((chain) => rowOf(chain, filter, now) ?? [])
      .filter(({ first }) => first.startedAt >= retainedFrom);

  let waiting = rowsOf(liveConnections(sources.live, filter));
  let sliceStart = performance.now();
  for (const hour of pastHours(sources, filter, retainedFrom, now)) {
    const rows = rowsOf(hour.connections);
    if (waiting.length > 0) {
      rows.push(...waiting.filter(({ first }) => first.startedAt < hour.endsAt));
      waiting = waiting.filter(({ first }) => first.startedAt >= hour.endsAt);
    }
    if (rows.length > 0) yield rows.sort((a, b) => inOrder(a.first, b.first));
    if (performance.now() - sliceStart > SLICE_MS) {
      await nextTurn();
      sliceStart = performance.now();
    }
  }
  if (waiting.length > 0) yield waiting;
}

/** Returns the viewers of a stream at an instant: its ongoing records. */
export function viewerCount({ traffic, live, ledger }: RecordSources, streamName: string, now: number): number {
  const isOpen = ({ startedAt, endsAt }: Connection) => startedAt <= now && endsAt > now;
  const stream = traffic.streams.get(streamName);
  const pastEndsAt = ledger.pastEndsAt(streamName);
  let count = live.viewings(streamName).map(toConnection).filter(isOpen).length;
  if (!stream || pastEndsAt <= now) return count;
  for (let hour = Math.floor((now - LONGEST_MS) / HOUR_MS); hour * HOUR_MS <= now; hour++) {
    count += openConnections(stream, hour, pastEndsAt, now);
  }
  return count;
}

/** Returns connections of the past that started in one hour. */
interface PastHour {
  readonly endsAt: number;
  readonly connections: readonly Connection[];
}

function* pastHours(
  { traffic, ledger }: RecordSources,
  filter: RecordFilter,
  retainedFrom: number,
  now: number,
): Generator<PastHour> {
  const streams = [...traffic.streams.values()]
    .filter((stream) => isWanted(stream, filter))
    .map((stream) => ({ stream, endsAt: ledger.pastEndsAt(stream.profile.streamName) }));
  const [started, completed] = [reachOf(filter.started), reachOf(filter.completed)];
  const stillOpen = filter.search === "Ongoing" ? now : Number.NEGATIVE_INFINITY;
  const from = Math.max(
    retainedFrom,
    ledger.meteredSince,
    started.from,
    Math.max(completed.from, stillOpen) - LONGEST_MS,
  );
  const to = Math.min(now, Math.max(...streams.map(({ endsAt }) => endsAt), 0), started.to, completed.to);
  for (let hour = Math.floor(from / HOUR_MS); hour * HOUR_MS <= to; hour++) {
    const connections = streams
      .flatMap(({ stream, endsAt }) => connectionsOfHour(stream, hour, endsAt))
      .filter((connection) => hasWantedId(connection, filter));
    yield { endsAt: (hour + 1) * HOUR_MS, connections };
  }
}

function liveConnections(live: Live, filter: RecordFilter): readonly Connection[] {
  return live
    .viewings()
    .map(toConnection)
    .filter(
      (connection) => (filter.streamNames?.has(connection.streamName) ?? true) && hasWantedId(connection, filter),
    );
}

function toConnection(viewing: Viewing): Connection {
  return {
    ...viewing,
    ipAddress: viewing.ip,
    endsAt: endOf(viewing),
    bytesUntil: (instant) => bytesAfter(viewing.bitsPerSecond, instant - viewing.startedAt),
  };
}

function isWanted({ profile }: StreamModel, { streamNames, trackingIds }: RecordFilter): boolean {
  if (streamNames && !streamNames.has(profile.streamName)) return false;
  return !trackingIds || profile.audiences.some(({ trackingId }) => trackingIds.has(trackingId));
}

function hasWantedId({ trackingId }: Connection, { trackingIds }: RecordFilter): boolean {
  return !trackingIds || trackingIds.has(trackingId);
}

/** Groups the connections by client, in the order in which they started. */
function byClient(connections: readonly Connection[]): readonly (readonly Connection[])[] {
  const chains = new Map<string, Connection[]>();
  for (const connection of connections) {
    const chain = chains.get(connection.clientId);
    if (chain) chain.push(connection);
    else chains.set(connection.clientId, [connection]);
  }
  return [...chains.values()];
}

/**
 * Returns the record of one client's connections.
 *
 * Undefined if it had not started yet or is filtered out.
 */
function rowOf(chain: readonly Connection[], filter: RecordFilter, now: number): RecordRow | undefined {
  const begun = chain.filter(({ startedAt }) => startedAt <= now);
  const [first, last] = [begun[0], begun.at(-1)];
  if (!first || !last) return undefined;
  const endedAt = last.endsAt <= now ? last.endsAt : null;
  if (filter.search === "Completed" && endedAt === null) return undefined;
  if (filter.search === "Ongoing" && endedAt !== null) return undefined;
  if (!filter.started.every((bound) => holds(bound, first.startedAt))) return undefined;
  if (!filter.completed.every((bound) => endedAt !== null && holds(bound, endedAt))) return undefined;

  const until = ({ endsAt }: Connection) => Math.min(endsAt, now);
  return {
    first,
    endedAt,
    durationSeconds: begun.reduce(
      (sum, connection) => sum + Math.floor((until(connection) - connection.startedAt) / 1000),
      0,
    ),
    bytes: sum(begun.map((connection) => connection.bytesUntil(until(connection)))),
  };
}

function sum(figures: readonly (number | bigint)[]): number | bigint {
  const [first = 0, ...rest] = figures;
  return rest.length === 0 ? first : figures.reduce<bigint>((total, figure) => total + BigInt(figure), 0n);
}
