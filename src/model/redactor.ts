import { LRUCache } from "lru-cache";
import { boundedLru } from "../primitives/bounded-lru.ts";
import { type Secret, withoutSecrets } from "./secret.ts";

/** Returns a text of the platform, cut to `maxLength` characters; {@link WITHHELD} if it would reveal part of a secret. */
export type Redactor = (text: string, maxLength?: number) => string;

/** Sentence in place of a text that reveals a part of a secret. */
export const WITHHELD = "Withheld: the platform's text repeats part of a secret.";

/** Length of the parts of a secret that are searched for, in characters. */
const PART = 8;
/** Characters in which whole secrets are replaced before the text is cut. */
const SEARCHED = 1_000;
/** Limit for the sum of all readings of one text, in characters: a text with more is withheld, which bounds the time. */
const MAX_READ = 100_000;
/** Texts whose verdict is cached, because an outage repeats one text for every call. */
const MAX_CACHED = 500;

/**
 * Creates a redactor for the given secrets. A secret that is repeated whole and unencoded is replaced by `[secret]`. A text
 * that contains 8 characters or more of a secret in any other way is withheld as a whole.
 *
 * A part is found in any case, forwards and backwards, with separators, and below any number of layers of compatibility
 * characters (NFKD), escapes (percent, JSON, HTML), base64, base64url, hexadecimal digits and character codes. The redactor
 * reads exactly the text that it returns, so a cut leaves nothing unread.
 */
export function createRedactor(secrets: readonly Secret[]): Redactor {
  let parts: Parts | null = null;
  const verdicts = new LRUCache<string, boolean>(boundedLru(MAX_CACHED));
  // The longest first: one secret may begin with another.
  const whole = secrets
    .map((secret) => secret.reveal())
    .filter((secret) => secret !== "")
    .sort((a, b) => b.length - a.length);
  const verbatim = whole.length > 0 ? new RegExp(whole.map(escaped).join("|"), "gi") : null;
  return (text, maxLength = 200) => {
    const beginning = text.slice(0, Math.max(SEARCHED, maxLength));
    const passed = withoutSecrets(verbatim ? beginning.replace(verbatim, "[secret]") : beginning, maxLength);
    let isRevealing = verdicts.get(passed);
    if (isRevealing === undefined) {
      parts ??= partsOf(whole);
      isRevealing = reveals(passed.replaceAll("[secret]", " "), parts);
      verdicts.set(passed, isRevealing);
    }
    return isRevealing ? WITHHELD : passed;
  };
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** Parts of the secrets, in lower case. */
interface Parts {
  /** Secrets that are shorter than a part. */
  readonly short: readonly string[];
  /** Parts without blanks. */
  readonly dense: ReadonlySet<string>;
  /** Parts with nothing but letters and digits. */
  readonly bare: ReadonlySet<string>;
}

function partsOf(secrets: readonly string[]): Parts {
  const forms = secrets.flatMap(formsOf).map((form) => form.toLowerCase());
  return {
    short: forms.filter((form) => form.length < PART),
    dense: new Set(forms.flatMap((form) => slicesOf(withoutBlanks(form)))),
    bare: new Set(forms.flatMap((form) => slicesOf(lettersAndDigits(form)))),
  };
}

function slicesOf(text: string): string[] {
  return Array.from({ length: Math.max(0, text.length - PART + 1) }, (_, at) => text.slice(at, at + PART));
}

function withoutBlanks(text: string): string {
  return text.replace(/\s/g, "");
}

function lettersAndDigits(text: string): string {
  return text.replace(/[^a-z0-9]/g, "");
}

/** Returns the secret, and its base64 forms, which cannot be decoded once their case is lost. */
function formsOf(secret: string): string[] {
  const bytes = [Buffer.from(secret), ...(/^([0-9a-f]{2})+$/i.test(secret) ? [Buffer.from(secret, "hex")] : [])];
  // Base64 depends on what precedes the secret: these forms are the characters that do not, after 0, 1 or 2 bytes.
  const encoded = bytes.flatMap((form) =>
    [0, 1, 2].map((before) =>
      Buffer.concat([Buffer.alloc(before), form])
        .toString("base64")
        .slice(before === 0 ? 0 : before + 1, -4),
    ),
  );
  const inUrls = encoded.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  return [secret, ...[...encoded, ...inUrls].filter((form) => form.length >= PART)];
}

/** Returns whether a reading of the text contains a part; true also for a text that exceeds {@link MAX_READ}. */
function reveals(text: string, parts: Parts): boolean {
  const readings = new Set([folded(text)]);
  let read = 0;
  for (const reading of readings) {
    read += reading.length;
    if (read > MAX_READ) return true;
    const lower = reading.toLowerCase();
    if (parts.short.some((secret) => lower.includes(secret))) return true;
    if (contains(withoutBlanks(lower), parts.dense) || contains(lettersAndDigits(lower), parts.bare)) return true;
    for (const decode of decoders) readings.add(decode(reading));
  }
  return false;
}

function contains(text: string, parts: ReadonlySet<string>): boolean {
  for (let at = 0; at + PART <= text.length; at += 1) if (parts.has(text.slice(at, at + PART))) return true;
  return false;
}

/** Returns the text with compatibility characters as plain ones, and without marks and invisible characters. */
function folded(text: string): string {
  return text.normalize("NFKD").replace(/[\p{M}\p{Cf}\p{Default_Ignorable_Code_Point}\0]/gu, "");
}

/** Ways to read a text. A way that does not apply returns an empty text, or the same one. */
const decoders: readonly ((text: string) => string)[] = [
  (text) => [...text].reverse().join(""),
  // Blanks may stand within an escape.
  (text) => (/[%=&\\]/.test(text) ? withoutBlanks(text) : ""),
  ...["%", "=", "\\x"].map((mark) => bytesAfter(mark)),
  (text) =>
    unescaped(text, /(?:\\u\{?|%u|&#x)0*([0-9a-f]{1,6})[;}]?/gi, (code) => characterOf(Number.parseInt(code, 16))),
  (text) => unescaped(text, /&#0*(\d{1,7});?/g, (code) => characterOf(Number(code))),
  // Named HTML entities of ASCII are punctuation.
  (text) => unescaped(text, /\\[bfnrt]|&[a-z]+;/gi, () => " "),
  (text) => unescaped(text, /\\(.)/g, (character) => character),
  (text) => decodedRuns(text, "base64", 4, [/[^\w+/-]/g, /[^a-z0-9]/gi]),
  (text) => decodedRuns(text, "hex", 2, [/0x|[^0-9a-f]/gi]),
  fromCodes,
];

function unescaped(text: string, written: RegExp, read: (code: string) => string): string {
  const plain = text.replace(written, (_, code: string) => read(code));
  return plain === text ? "" : folded(plain);
}

/** Creates a decoder of bytes in hexadecimal digits, with a mark before each. */
function bytesAfter(mark: string): (text: string) => string {
  const bytes = new RegExp(`((?:${escaped(mark)}[0-9a-f]{2})+)`, "gi");
  return (text) => unescaped(text, bytes, (found) => Buffer.from(found.replace(/[^0-9a-f]/gi, ""), "hex").toString());
}

function characterOf(code: number): string {
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : "";
}

/**
 * Returns the text decoded from base64 or hexadecimal digits: the printable runs that are long enough for a part, one per
 * line.
 *
 * @param alignments positions of the first digit that are tried, since other words may precede it
 * @param separators characters between digits, which are removed
 */
function decodedRuns(
  text: string,
  encoding: "base64" | "hex",
  alignments: number,
  separators: readonly RegExp[],
): string {
  const runs = separators.flatMap((separator) => {
    const digits = text.replace(separator, "");
    return Array.from({ length: alignments }, (_, from) =>
      folded(Buffer.from(digits.slice(from), encoding).toString()).match(printable),
    );
  });
  return [...new Set(runs.flatMap((found) => found ?? []))].join("\n");
}

const printable = new RegExp(`[\\t\\n\\r -~]{${PART},}`, "g");

/** Returns the text decoded from its numbers as character codes, in base 2, 8 and 10, one per line; empty for few numbers. */
function fromCodes(text: string): string {
  const numbers = text.match(/\d+/g) ?? [];
  if (numbers.length < PART) return "";
  return [2, 8, 10]
    .map((base) => String.fromCharCode(...numbers.map((number) => Number.parseInt(number, base) & 0x7f)))
    .join("\n");
}
