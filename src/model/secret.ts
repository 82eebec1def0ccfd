import { createHash, timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";

/**
 * A string that must not be seen: a token string, the API secret, a passphrase. It prints as `[secret]` wherever a value is
 * turned into text by accident (templates, JSON, logs, inspection); only `reveal()` gives it away, so each place that does
 * can be found by that name.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The string itself. Call it only where it leaves for the one who may have it. */
  reveal(): string {
    return this.#value;
  }

  /** Whether a text is the string, found out in a time that tells nothing of where the two differ. */
  equals(text: string): boolean {
    return timingSafeEqual(digest(this.#value), digest(text));
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [inspect.custom](): string {
    return "[secret]";
  }
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/**
 * Token strings are 64 hexadecimal characters, viewer tokens and sessions are JWTs, our own keys begin with `sgk_`: all are
 * cut out of any text that is passed on, also where a line break that JSON has escaped stands before them, and so is what
 * follows `Bearer` and `Basic`.
 */
const secretShapes =
  /[0-9a-f]{64,}|sgk_[\w-]{20,}|(?<=^|[^\w-]|\\[bfnrt])eyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=\b(?:Bearer|Basic)(?:\s|%20|\+)+)(?!auth|cred|token|scheme)[\w.~+/=-]{8,}/gi;

/** The text with everything that looks like a token string or a JWT replaced. */
export function redacted(text: string): string {
  return text.replace(secretShapes, "[secret]");
}

/** The same, cut to `maxLength` characters: for texts of others that are passed on to a client. */
export function withoutSecrets(text: string, maxLength = 200): string {
  const clean = redacted(text);
  return clean.length > maxLength ? `${clean.slice(0, maxLength - 1)}…` : clean;
}
