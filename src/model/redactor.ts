import { type Secret, withoutSecrets } from "./secret.ts";

/** Returns a text of others without any part of a secret, cut to `maxLength` characters. */
export type Redactor = (text: string, maxLength?: number) => string;

/** A part of a secret that is shorter than this is no secret: nothing can be told from it. */
const PART = 8;
/** Characters of a text that are looked at; what is passed on is cut to fewer. */
const LOOKED_AT = 1_000;

/**
 * Creates a redactor that replaces every part of the secrets of 8 characters or more: whole or cut, in any case, written as
 * percent, HTML or JSON escapes (once or twice), in base64 or hexadecimal digits, or with separators between. A text is
 * redacted before it is cut, so that no beginning is left at the edge.
 */
export function createRedactor(secrets: readonly Secret[]): Redactor {
  let parts: Parts | null = null;
  return (text, maxLength = 200) => {
    parts ??= partsOf(secrets);
    return withoutSecrets(withoutParts(text.slice(0, LOOKED_AT), parts), maxLength);
  };
}

/** Parts of one length, as they are written, and with nothing but letters and digits. */
interface Parts {
  readonly written: ReadonlyMap<number, ReadonlySet<string>>;
  readonly bare: ReadonlyMap<number, ReadonlySet<string>>;
}

function partsOf(secrets: readonly Secret[]): Parts {
  const written = new Map<number, Set<string>>();
  const bare = new Map<number, Set<string>>();
  const add = (parts: Map<number, Set<string>>, form: string, length: number) => {
    const set = parts.get(length) ?? new Set();
    parts.set(length, set);
    for (let at = 0; at + length <= form.length; at += 1) set.add(form.slice(at, at + length));
  };
  for (const secret of secrets) {
    for (const form of formsOf(secret.reveal())) {
      const lower = form.toLowerCase();
      const plain = lower.replace(/[^a-z0-9]/g, "");
      if (lower.length > 0) add(written, lower, Math.min(PART, lower.length));
      if (plain.length >= PART) add(bare, plain, PART);
    }
  }
  return { written, bare };
}

/** The secret and each way to write it that hides its characters. */
function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  if (bytes.length < PART) return [secret];
  // Base64 depends on what stands before: what of it does not, with 0, 1 or 2 characters before.
  const inBase64 = [0, 1, 2].map((before) =>
    Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .slice(before === 0 ? 0 : before + 1, -4),
  );
  const isHex = /^([0-9a-f]{2})+$/i.test(secret);
  return [
    secret,
    bytes.toString("hex"),
    ...inBase64,
    ...inBase64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")),
    ...(isHex ? [Buffer.from(secret, "hex").toString("base64").slice(0, -4)] : []),
  ].filter((form) => form.length >= PART);
}

/** One character of a text, or an escape that stands for one. */
const written = /%([0-9a-f]{2})|\\u([0-9a-f]{4})|&#x([0-9a-f]{1,4});|&#(\d{1,5});|\\(["\\/])|[\s\S]/giu;

/** A character with the place in the text that stands for it. */
interface Place {
  readonly character: string;
  readonly from: number;
  readonly to: number;
}

function withoutParts(text: string, parts: Parts): string {
  const isSecret = new Uint8Array(text.length);
  let places: Place[] = [];
  let from = 0;
  for (const character of text) {
    places.push({ character: character.toLowerCase(), from, to: from + character.length });
    from += character.length;
  }
  // What is escaped twice is read twice.
  for (let round = 0; round < 3; round += 1) {
    mark(places, parts.written, isSecret);
    mark(
      places.filter(({ character }) => /^[a-z0-9]$/.test(character)),
      parts.bare,
      isSecret,
    );
    const next = unescaped(places);
    if (next.length === places.length) break;
    places = next;
  }
  return replaced(text, isSecret);
}

function mark(places: readonly Place[], parts: ReadonlyMap<number, ReadonlySet<string>>, isSecret: Uint8Array): void {
  const text = places.map(({ character }) => character).join("");
  // Characters beyond the basic plane take two places of a text, and stand in no secret.
  if (text.length !== places.length) {
    markApart(places, parts, isSecret);
    return;
  }
  for (const [length, set] of parts) {
    for (let at = 0; at + length <= text.length; at += 1) {
      if (set.has(text.slice(at, at + length))) {
        isSecret.fill(1, places[at]?.from, places[at + length - 1]?.to);
      }
    }
  }
}

/** Marks what stands between characters that take two places of a text. */
function markApart(places: readonly Place[], parts: Parts["written"], isSecret: Uint8Array): void {
  mark(
    places.map((place) => (place.character.length === 1 ? place : { ...place, character: "\0" })),
    parts,
    isSecret,
  );
}

function unescaped(places: readonly Place[]): Place[] {
  const text = places.map(({ character }) => (character.length === 1 ? character : "\0")).join("");
  return Array.from(text.matchAll(written), (match): Place => {
    const [whole, percent, json, hex, decimal, plain] = match;
    const code = percent ?? json ?? hex;
    const character =
      plain ??
      (code !== undefined
        ? String.fromCharCode(Number.parseInt(code, 16))
        : decimal !== undefined
          ? String.fromCharCode(Number(decimal))
          : whole);
    const at = match.index;
    return {
      character: character.toLowerCase(),
      from: places[at]?.from ?? 0,
      to: places[at + whole.length - 1]?.to ?? 0,
    };
  });
}

function replaced(text: string, isSecret: Uint8Array): string {
  let clean = "";
  for (let at = 0; at < text.length; at += 1) {
    if (isSecret[at] === 0) clean += text[at];
    else if (at === 0 || isSecret[at - 1] === 0) clean += "[secret]";
  }
  return clean;
}
