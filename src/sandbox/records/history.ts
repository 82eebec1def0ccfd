import { HOUR_MS, isMetered, SECOND_MS, weekdayOfDay } from "../calendar.ts";
import { nearestCluster } from "../cluster.ts";
import { mix, uuidFromBits } from "../random.ts";
import { type AudienceModel, cellBits, cellBytes, cellSessionSeconds } from "../traffic/audience-hour.ts";
import { COUNTRIES } from "../traffic/profile.ts";
import { hoursOnAir, type StreamModel } from "../traffic/traffic.ts";
import type { Connection } from "./connection.ts";

/** Longest connection of the past, in milliseconds. */
export const LONGEST_MS = HOUR_MS;

/**
 * Returns the viewer connections that started in one hour of a stream's past, unordered.
 *
 * They follow from the cells of that hour alone: each cell with bytes has one to three connections, whose bytes sum to
 * the cell's, so ids and figures are always the same.
 *
 * @param streamEndsAt - when the stream's past ends, in milliseconds; its viewers leave with it
 */
export function connectionsOfHour(stream: StreamModel, hour: number, streamEndsAt: number): Connection[] {
  const day = Math.floor(hour / 24);
  const onAir = hoursOnAir(stream, day);
  if (hour < onAir.from || hour >= onAir.to || !isMetered(hour)) return [];

  const connections: Connection[] = [];
  stream.audiences.forEach((model, index) => {
    for (const country of model.inhabited) {
      const bits = cellBits(model, country, hour);
      const bytes = cellBytes(model, country, hour, weekdayOfDay(day), bits);
      if (bytes === 0) continue;
      const firstRecordId = recordIdOf(hour, (stream.firstLane + index) * COUNTRIES.length + country);
      addConnections(connections, { stream, model, country, hour, bits, bytes, firstRecordId, streamEndsAt });
    }
  });
  return connections;
}

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

const RECORDS_PER_CELL = 4;
const RECORDS_PER_HOUR = 2 ** 22;

/** @param cell - unique among the cells of an hour, below 2^20 */
function recordIdOf(hour: number, cell: number): number {
  return hour * RECORDS_PER_HOUR + cell * RECORDS_PER_CELL;
}

function addConnections(connections: Connection[], cell: Cell): void {
  const lengths = cellSessionSeconds(cell.bits);
  const starts = startSeconds(cell.bits, lengths);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  let earlier = 0;
  lengths.forEach((length, index) => {
    // Differences of rounded running shares, so that the parts sum to the cell.
    const from = Math.floor(cell.bytes * (earlier / total));
    earlier += length;
    const bytes = Math.floor(cell.bytes * (earlier / total)) - from;
    const startedAt = cell.hour * HOUR_MS + (starts[index] ?? 0) * SECOND_MS;
    if (startedAt >= cell.streamEndsAt) return;
    const returns = index === 1 && hasReconnect(cell.bits, lengths);
    connections.push(new PastConnection(cell, index, startedAt, length * SECOND_MS, bytes, returns));
  });
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

  constructor(cell: Cell, index: number, startedAt: number, lengthMs: number, bytes: number, returns: boolean) {
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
function hasReconnect(bits: number, lengths: readonly number[]): boolean {
  return (bits & 7) === 0 && lengths.length > 1 && (lengths[0] ?? 0) < LATEST_RECONNECT_SECOND;
}

const LATEST_RECONNECT_SECOND = 3_500;
const LONGEST_AWAY_SECONDS = 40;

/** Returns the second of the hour at which each connection starts, to the millisecond. */
function startSeconds(bits: number, lengths: readonly number[]): readonly number[] {
  const drawn = lengths.map((_, index) => (mix(bits, index) % 3_600_000) / 1000);
  if (!hasReconnect(bits, lengths)) return drawn;
  // The first must end early enough for the second to start within the hour.
  const length = lengths[0] ?? 0;
  const first = mix(bits, 7) % (3600 - length - LONGEST_AWAY_SECONDS);
  return [first, first + length + 5 + (mix(bits, 8) % 30), ...drawn.slice(2)];
}

const PLANS = ["free", "hd", "family"];

const USER_AGENTS = [
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
  'SmartTV/4.1 (model "Vista 55"; build 7)',
];
