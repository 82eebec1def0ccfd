import fc from "fast-check";
import type { Traffic } from "../../src/model/usage/traffic.ts";

/** A figure that the platform has not broken down. */
export function bytesOut(bytes: bigint): Traffic {
  return { bytesOut: bytes, bytesIn: 0n, parts: null };
}

/** A figure with all that it tells, so that it can be compared. */
export function told(traffic: Traffic | undefined): Traffic | null {
  if (!traffic) return null;
  const { bytesOut, bytesIn, parts } = traffic;
  const { standard, restream, geoCascade } = parts ?? {};
  return { bytesOut, bytesIn, parts: standard && restream && geoCascade ? { standard, restream, geoCascade } : null };
}

/** Counts beyond 2^53, where doubles lose digits. */
export const byteCounts = fc.bigInt({ min: 0n, max: 1n << 70n });

const part = fc.record({ bytesOut: byteCounts, bytesIn: byteCounts });
const parts = fc.record({
  standard: part,
  restream: fc.record({ bytesOut: byteCounts, bytesIn: byteCounts, secondsUsed: byteCounts }),
  geoCascade: part,
});

/** Figures with and without parts. */
export const figures: fc.Arbitrary<Traffic> = fc.record({
  bytesOut: byteCounts,
  bytesIn: byteCounts,
  parts: fc.option(parts),
});
