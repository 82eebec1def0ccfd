import type { MeterReading } from "./meter-reading.ts";

/** Bytes of one traffic kind. */
export interface Bandwidth {
  bytesIn: bigint;
  bytesOut: bigint;
}

/** A sum of readings. The top-level bytes are those of all three parts together. */
export interface Usage extends Bandwidth {
  standard: Bandwidth;
  restream: Bandwidth & { secondsUsed: number };
  geoCascade: Bandwidth;
  publishes: number;
  publishSeconds: number;
  views: number;
  viewSeconds: number;
}

/** Returns the sum of no readings: all zero. */
export function noUsage(): Usage {
  return {
    bytesIn: 0n,
    bytesOut: 0n,
    standard: { bytesIn: 0n, bytesOut: 0n },
    restream: { bytesIn: 0n, bytesOut: 0n, secondsUsed: 0 },
    geoCascade: { bytesIn: 0n, bytesOut: 0n },
    publishes: 0,
    publishSeconds: 0,
    views: 0,
    viewSeconds: 0,
  };
}

/** Adds one reading to a sum, in place. */
export function addReading(usage: Usage, reading: MeterReading): void {
  const part = usage[reading.part];
  part.bytesIn += reading.bytesIn;
  part.bytesOut += reading.bytesOut;
  usage.bytesIn += reading.bytesIn;
  usage.bytesOut += reading.bytesOut;
  usage.restream.secondsUsed += reading.restreamSeconds;
  usage.publishes += reading.publishes;
  usage.publishSeconds += reading.publishSeconds;
  usage.views += reading.views;
  usage.viewSeconds += reading.viewSeconds;
}

/** Returns the sum of readings. */
export function sumOf(readings: Iterable<MeterReading>): Usage {
  const usage = noUsage();
  for (const reading of readings) addReading(usage, reading);
  return usage;
}

/** Returns the sums of readings by a key; keys appear in the order in which they were first met. */
export function sumBy<K>(readings: Iterable<MeterReading>, keyOf: (reading: MeterReading) => K): Map<K, Usage> {
  const sums = new Map<K, Usage>();
  for (const reading of readings) {
    const key = keyOf(reading);
    let usage = sums.get(key);
    if (!usage) {
      usage = noUsage();
      sums.set(key, usage);
    }
    addReading(usage, reading);
  }
  return sums;
}
