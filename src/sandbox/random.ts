import { createHash } from "node:crypto";

/**
 * The sandbox's only source of chance: pure functions of the seed and a name.
 *
 * Everyone sees the same streams, secrets and traffic. Integers only, without Math.sin and the like, so that every
 * machine agrees to the bit.
 */

/**
 * Mixes two 32-bit integers into one (murmur3's finalizer).
 *
 * Every output bit depends on every input bit.
 */
export function mix(a: number, b: number): number {
  let bits = Math.imul(a ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 15), 0xc2b2ae35);
  bits = Math.imul(bits ^ (bits >>> 13), 0x27d4eb2f);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** Returns a 32-bit hash of a text (FNV-1a, mixed once more). */
export function hashText(text: string): number {
  let bits = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) bits = Math.imul(bits ^ text.charCodeAt(index), 0x01000193);
  return mix(bits, text.length);
}

/** Returns 64 hexadecimal characters, the form of every token string of the platform. */
export function hexSecret(seed: number, name: string): string {
  return createHash("sha256").update(`${seed}:${name}`).digest("hex");
}

/** Returns a UUID (version 4 in form) for feeds and viewers. */
export function uuidOf(seed: number, name: string): string {
  return uuidFromBits(
    hashText(`${seed}:${name}:a`),
    hashText(`${seed}:${name}:b`),
    hashText(`${seed}:${name}:c`),
    hashText(`${seed}:${name}:d`),
  );
}

/** Returns a UUID from four 32-bit integers, for callers that create millions. */
export function uuidFromBits(a: number, b: number, c: number, d: number): string {
  const [bHigh, cHigh] = [b >>> 16, ((c >>> 16) & 0x3fff) | 0x8000];
  return `${hex32(a)}-${hex16(bHigh)}-4${hex16(b).slice(1)}-${hex16(cHigh)}-${hex16(c)}${hex32(d)}`;
}

const HEX16 = Array.from({ length: 0x10000 }, (_, bits) => bits.toString(16).padStart(4, "0"));
const hex16 = (bits: number): string => HEX16[bits & 0xffff] ?? "";
const hex32 = (bits: number): string => hex16(bits >>> 16) + hex16(bits);
