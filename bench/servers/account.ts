import { createHash } from "node:crypto";
import { HOUR_MS } from "../../src/model/usage/time.ts";

/** Returns the name of the stub's n-th stream, from 1. */
export function streamName(number: number): string {
  return `stream-${String(number).padStart(5, "0")}`;
}

/** Number of successive tokens with the same tracking id. */
const TOKENS_OF_PARTNER = 50;
const settings = {
  originCluster: "phx-1",
  allowedCountries: [],
  deniedCountries: [],
};

/** Returns the n-th token of either kind as the platform sends it, about 700 bytes. */
export function tokenWire(number: number, kind: "publish" | "subscribe"): object {
  const label = `${kind}-${number}`;
  const common = {
    id: number,
    label,
    name: label,
    token: createHash("sha256").update(label).digest("hex"),
    addedOn: "2026-01-05T08:00:00Z",
    isActive: true,
    streams: [{ streamName: streamName(number), isRegex: false }],
    allowedOrigins: [],
    allowedIpAddresses: [],
    bindIpsOnUsage: 0,
    ...settings,
  };
  if (kind === "subscribe") {
    return {
      ...common,
      tracking: { trackingId: `partner-${Math.ceil(number / TOKENS_OF_PARTNER)}` },
      effectiveSettings: settings,
    };
  }
  return {
    ...common,
    subscribeRequiresAuth: true,
    record: false,
    clip: false,
    multisource: true,
    enableThumbnails: false,
    lowLatencyRtmp: true,
    integrationId: "None",
    displaySrtPassphrase: false,
    drm: false,
    effectiveSettings: { ...settings, geoCascade: { isEnabled: false, clusters: [] }, enableUTCInsertion: false },
  };
}

/** Returns the total of a stream over a window, which differs between streams and windows. */
export function totalWire(name: string, from: number, to: number): string {
  const hours = (to - from) / HOUR_MS;
  const out = (numberOf(name) * 1_000_003 + ((from / HOUR_MS) % 9_973)) * hours;
  const part = `{"bytesOut":${out},"bytesIn":${hours * 900_000_000}}`;
  const nothing = `{"bytesOut":0,"bytesIn":0}`;
  const restream = `{"secondsUsed":0,"bytesOut":0,"bytesIn":0}`;
  return `"${name}":${part.slice(0, -1)},"standardStream":${part},"restream":${restream},"geoCascade":${nothing}}`;
}

/** Streams whose numbers differ by a multiple of this have the same series. */
const SHAPES = 16;
/** Hours of one of the four maps of the wire, as JSON text, by shape and hour. */
const hoursOf = new Map<number, readonly [usage: string, restream: string, none: string]>();

/** Returns the hourly series of a stream over a window, joined from cached text. */
export function seriesWire(name: string, from: number, to: number): string {
  const shape = numberOf(name) % SHAPES;
  const maps = ["", "", ""];
  for (let hour = from / HOUR_MS; hour < to / HOUR_MS; hour += 1) {
    const texts = hourWire(shape, hour);
    for (const index of [0, 1, 2] as const) maps[index] += (maps[index] && ",") + texts[index];
  }
  const [usage, restream, none] = maps;
  return `"${name}":{"bandwidth":{${usage}},"standardStream":{${usage}},"restream":{${restream}},"geoCascade":{${none}}}`;
}

/** Returns the totals of a tracking id: those of its streams. */
export function trackingTotalWire(trackingId: string, from: number, to: number): string {
  const first = (numberOf(trackingId) - 1) * TOKENS_OF_PARTNER + 1;
  const rows = Array.from({ length: TOKENS_OF_PARTNER }, (_, index) => {
    const name = streamName(first + index);
    return `{"streamName":"${name}",${totalWire(name, from, to).slice(name.length + 4)}`;
  });
  return `"${trackingId}":[${first > 0 ? rows.join(",") : ""}]`;
}

/** Returns the hourly series of a tracking id, which is that of the stream with the same number. */
export function trackingSeriesWire(trackingId: string, from: number, to: number): string {
  const row = JSON.stringify({
    streamName: streamName(numberOf(trackingId)),
    bytesOut: 1_000_000_007,
    bytesIn: 900_000_000,
    viewerSecondsUsed: 3_600,
    publisherSecondsUsed: 0,
  });
  const hours: string[] = [];
  for (let hour = from; hour < to; hour += HOUR_MS) hours.push(`${JSON.stringify(new Date(hour))}:[${row}]`);
  return `"${trackingId}":{${hours.join(",")}}`;
}

function hourWire(shape: number, hour: number) {
  const key = hour * SHAPES + shape;
  const known = hoursOf.get(key);
  if (known) return known;
  const at = `"${new Date(hour * HOUR_MS).toISOString().replace(".000Z", "Z")}":`;
  const bytesOut = 1_000_000_007 * (shape + 1) + (hour % 9_973) * 7_919;
  const made = [
    `${at}{"bytesOut":${bytesOut},"bytesIn":900000000}`,
    `${at}{"secondsUsed":0,"bytesOut":0,"bytesIn":0}`,
    `${at}{"bytesOut":0,"bytesIn":0}`,
  ] as const;
  hoursOf.set(key, made);
  return made;
}

function numberOf(name: string): number {
  return Number(name.slice(name.lastIndexOf("-") + 1));
}
