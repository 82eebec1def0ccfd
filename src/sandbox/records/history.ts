import { HOUR_MS, isMetered, SECOND_MS, weekdayOfDay } from "../calendar.ts";
import { nearestCluster } from "../cluster.ts";
import { mix, uuidFromBits } from "../random.ts";
import {
  type AudienceModel,
  cellBits,
  cellBytes,
  cellViewSeconds,
  cellViews,
  sessionSeconds,
} from "../traffic/audience-hour.ts";
import { COUNTRIES } from "../traffic/profile.ts";
import { hoursOnAir, type StreamModel } from "../traffic/traffic.ts";
import type { Connection } from "./connection.ts";

/** Longest connection of the past, in milliseconds. */
export const LONGEST_MS = HOUR_MS;

/**
 * Returns the viewer connections that started in one hour of a stream's past, unordered.
 *
 * They follow from the cells of that hour alone: the connections of a cell have its bytes, so ids and figures are always the
 * same.
 *
 * @param streamEndsAt - when the stream's past ends, in milliseconds; its viewers leave with it
 */
export function connectionsOfHour(stream: StreamModel, hour: number, streamEndsAt: number): Connection[] {
  const connections: Connection[] = [];
  for (const cell of cellsOfHour(stream, hour, streamEndsAt)) {
    forEachSession(cell, (session) => connections.push(new PastConnection(cell, session)));
  }
  return connections;
}

/** Returns how many connections that started in one hour of a stream's past are open at an instant, without listing them. */
export function openConnections(stream: StreamModel, hour: number, streamEndsAt: number, now: number): number {
  let count = 0;
  for (const cell of cellsOfHour(stream, hour, streamEndsAt)) {
    forEachSession(cell, ({ startedAt, lengthMs }) => {
      if (startedAt <= now && Math.min(startedAt + lengthMs, streamEndsAt) > now) count++;
    });
  }
  return count;
}

/** Traffic of one audience in one country in one hour. */
interface Cell {
  readonly stream: StreamModel;
  readonly model: AudienceModel;
  /** Index into COUNTRIES. */
  readonly country: number;
  readonly hour: number;
  readonly bits: number;
  readonly bytes: number;
  readonly firstRecordId: number;
  readonly streamEndsAt: number;
}

function* cellsOfHour(stream: StreamModel, hour: number, streamEndsAt: number): Generator<Cell> {
  const day = Math.floor(hour / 24);
  const onAir = hoursOnAir(stream, day);
  if (hour < onAir.from || hour >= onAir.to || !isMetered(hour)) return;
  for (const [index, model] of stream.audiences.entries()) {
    for (const country of model.inhabited) {
      const bits = cellBits(model, country, hour);
      const bytes = cellBytes(model, country, hour, weekdayOfDay(day), bits);
      if (bytes === 0) continue;
      const firstRecordId = recordIdOf(hour, (stream.firstLane + index) * COUNTRIES.length + country);
      yield { stream, model, country, hour, bits, bytes, firstRecordId, streamEndsAt };
    }
  }
}

/** Ids of one cell: more than it has connections. */
const RECORDS_PER_CELL = 2 ** 14;
const RECORDS_PER_HOUR = RECORDS_PER_CELL * 2 ** 18;

/** @param cell - unique among the cells of an hour, below 2^18 */
function recordIdOf(hour: number, cell: number): number {
  return hour * RECORDS_PER_HOUR + cell * RECORDS_PER_CELL;
}

/** One session of a cell. */
interface Session {
  /** Position among the sessions of the cell. */
  readonly index: number;
  readonly startedAt: number;
  readonly lengthMs: number;
  readonly bytes: number;
  /** Whether it is the first session's viewer, who lost the connection and comes back. */
  readonly returns: boolean;
}

function forEachSession(cell: Cell, visit: (session: Session) => void): void {
  const { bits } = cell;
  const views = cellViews(cell.model, bits, cell.bytes);
  const total = cellViewSeconds(bits, views);
  const reconnects = hasReconnect(bits, views);
  let [earlierSeconds, earlierBytes] = [0, 0];
  for (let index = 0; index < views; index++) {
    const seconds = sessionSeconds(bits, views, index);
    earlierSeconds += seconds;
    // Differences of rounded running shares, so that the parts sum to the cell.
    const untilBytes = Math.floor(cell.bytes * (earlierSeconds / total));
    const startedAt = cell.hour * HOUR_MS + startSecond(bits, views, index) * SECOND_MS;
    if (startedAt < cell.streamEndsAt) {
      const bytes = untilBytes - earlierBytes;
      visit({ index, startedAt, lengthMs: seconds * SECOND_MS, bytes, returns: index === 1 && reconnects });
    }
    earlierBytes = untilBytes;
  }
}

/**
 * A connection of the past.
 *
 * The details of its client are computed on demand: most connections are only counted.
 */
class PastConnection implements Connection {
  readonly recordId: number;
  readonly previousRecordId: number | null;
  readonly startedAt: number;
  readonly endsAt: number;
  readonly #cell: Cell;
  readonly #key: number;
  readonly #lengthMs: number;
  readonly #bytes: number;

  constructor(cell: Cell, { index, startedAt, lengthMs, bytes, returns }: Session) {
    this.#cell = cell;
    this.#key = mix(mix(cell.model.keys[cell.country] ?? 0, cell.hour), returns ? 0 : index);
    this.#lengthMs = lengthMs;
    this.#bytes = bytes;
    this.recordId = cell.firstRecordId + index;
    this.previousRecordId = returns ? cell.firstRecordId : null;
    this.startedAt = startedAt;
    this.endsAt = Math.min(startedAt + lengthMs, cell.streamEndsAt);
  }

  get streamName(): string {
    return this.#cell.stream.profile.streamName;
  }

  get trackingId(): string | null {
    return this.#cell.model.audience.trackingId;
  }

  get country(): string {
    return COUNTRIES[this.#cell.country] ?? "";
  }

  get clusterId(): string {
    const { geoCascadePercent, clusterId } = this.#cell.stream.profile;
    return geoCascadePercent > 0 ? nearestCluster(this.country) : clusterId;
  }

  get clientId(): string {
    return uuidFromBits(mix(this.#key, 1), mix(this.#key, 2), mix(this.#key, 3), mix(this.#key, 4));
  }

  /** Address in 198.18.0.0/15, which is reserved for benchmarks. */
  get ipAddress(): string {
    const bits = mix(this.#key, 5);
    return `198.${18 + (bits & 1)}.${(bits >>> 8) & 255}.${(bits >>> 16) & 255}`;
  }

  get userAgent(): string {
    return USER_AGENTS[mix(this.#key, 6) % USER_AGENTS.length] ?? "";
  }

  get customViewerData(): string | null {
    const bits = mix(this.#key, 7);
    return this.#cell.model.audience.signsViewerData ? `user=${bits.toString(16)};plan=${PLANS[bits % 3]}` : null;
  }

  bytesUntil(instant: number): number {
    return Math.floor(this.#bytes * ((instant - this.startedAt) / this.#lengthMs));
  }
}

/** One in eight cells with several viewers has one that loses its connection and reconnects. */
function hasReconnect(bits: number, views: number): boolean {
  return (bits & 7) === 0 && views > 1 && sessionSeconds(bits, views, 0) < LATEST_RECONNECT_SECOND;
}

const LATEST_RECONNECT_SECOND = 3_500;
const LONGEST_AWAY_SECONDS = 40;

/** Returns the second of the hour at which a session starts, to the millisecond. */
function startSecond(bits: number, views: number, index: number): number {
  if (index > 1 || !hasReconnect(bits, views)) return (mix(bits, index) % 3_600_000) / 1000;
  // The first must end early enough for the second to start within the hour.
  const length = sessionSeconds(bits, views, 0);
  const first = mix(bits, 7) % (3600 - length - LONGEST_AWAY_SECONDS);
  return index === 0 ? first : first + length + 5 + (mix(bits, 8) % 30);
}

const PLANS = ["free", "hd", "family"];

const USER_AGENTS = [
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
  'SmartTV/4.1 (model "Vista 55"; build 7)',
];
