/** Bytes of one kind of traffic. Counts are exact: they pass 2^53, so they are bigints everywhere. */
export interface TrafficPart {
  readonly bytesOut: bigint;
  readonly bytesIn: bigint;
}

/** Traffic of re-streaming; `secondsUsed` is the time that pushes ran, summed over targets. */
export interface RestreamPart extends TrafficPart {
  readonly secondsUsed: bigint;
}

/** The three kinds of traffic of which `bytesOut` and `bytesIn` are the sum. */
export interface TrafficParts {
  readonly standard: TrafficPart;
  readonly restream: RestreamPart;
  readonly geoCascade: TrafficPart;
}

/**
 * Metered bytes: `bytesOut` to viewers (egress), `bytesIn` from broadcasters (ingress). `parts` is null if the platform gives
 * no breakdown, as for tracking ids.
 */
export interface Traffic extends TrafficPart {
  readonly parts: TrafficParts | null;
}

export const noTraffic: Traffic = { bytesOut: 0n, bytesIn: 0n, parts: null };

/** Returns whether any byte was sent or received. */
export function hasBytes({ bytesOut, bytesIn }: TrafficPart): boolean {
  return bytesOut > 0n || bytesIn > 0n;
}

/** Returns the sum. It has parts only if both summands have them, or one of them is {@link noTraffic}. */
export function addTraffic(a: Traffic, b: Traffic): Traffic {
  if (a === noTraffic) return b;
  if (b === noTraffic) return a;
  return {
    bytesOut: a.bytesOut + b.bytesOut,
    bytesIn: a.bytesIn + b.bytesIn,
    parts: a.parts && b.parts ? addParts(a.parts, b.parts) : null,
  };
}

/** Returns the sum; {@link noTraffic} without summands. */
export function sumTraffic(summands: Iterable<Traffic>): Traffic {
  let sum = noTraffic;
  for (const summand of summands) sum = addTraffic(sum, summand);
  return sum;
}

function addParts(a: TrafficParts, b: TrafficParts): TrafficParts {
  return {
    standard: addPart(a.standard, b.standard),
    restream: { ...addPart(a.restream, b.restream), secondsUsed: a.restream.secondsUsed + b.restream.secondsUsed },
    geoCascade: addPart(a.geoCascade, b.geoCascade),
  };
}

function addPart(a: TrafficPart, b: TrafficPart): TrafficPart {
  return { bytesOut: a.bytesOut + b.bytesOut, bytesIn: a.bytesIn + b.bytesIn };
}

/** Returns decimal gigabytes (10^9 bytes) as an exact decimal text, without trailing zeros: 1500000000 bytes are `1.5`. */
export function gigabytes(bytes: bigint): string {
  const sign = bytes < 0n ? "-" : "";
  const absolute = bytes < 0n ? -bytes : bytes;
  const whole = absolute / 1_000_000_000n;
  const fraction = (absolute % 1_000_000_000n).toString().padStart(9, "0").replace(/0+$/, "");
  return `${sign}${whole}${fraction && `.${fraction}`}`;
}

/** Decimal units of bytes, each a thousand times the one before. */
const byteUnits = ["kB", "MB", "GB", "TB", "PB", "EB"] as const;

/**
 * Returns a number of bytes for a sentence, with separators and, from 1,000 bytes, in a decimal unit too:
 * `1,500,000 bytes (1.5 MB)`.
 */
export function describeBytes(bytes: bigint): string {
  const exact = `${bytes.toLocaleString("en-US")} ${bytes === 1n ? "byte" : "bytes"}`;
  if (bytes < 1_000n) return exact;
  let amount = Number(bytes) / 1_000;
  let unit = 0;
  // 999.95 would be written as 1000.0 of its unit.
  while (amount >= 999.95 && unit < byteUnits.length - 1) {
    amount /= 1_000;
    unit += 1;
  }
  return `${exact} (${amount.toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 })} ${byteUnits[unit]})`;
}

/** Returns the mean rate in bits per second; null for a duration of 0. */
export function bitsPerSecond(bytes: bigint, durationMs: number): number | null {
  return durationMs > 0 ? (Number(bytes) * 8000) / durationMs : null;
}
