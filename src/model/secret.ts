import { createHash, timingSafeEqual } from "node:crypto";
import { inspect } from "node:util";

/**
 * A string that must not be printed: a token, the API secret, a passphrase. Templates, JSON, logs and inspection print
 * `[secret]`; only `reveal()` returns the string, so every use can be found by that name.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** Returns the string. Call it only where the string is sent to somebody who may have it. */
  reveal(): string {
    return this.#value;
  }

  /** Returns whether the text is the string, in constant time. */
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
 * Forms of secrets: token strings are 64 hexadecimal characters, viewer tokens and sessions are JWTs, the gateway's own keys
 * begin with `sgk_`, and credentials follow `Bearer` or `Basic`. An escaped line break (`\n`) may precede a JWT.
 */
const secretShapes =
  /[0-9a-f]{64,}|sgk_[\w-]{20,}|(?<=^|[^\w-]|\\[bfnrt])eyJ[\w-]+\.[\w-]+\.[\w-]*|(?<=\b(?:Bearer|Basic)(?:\s|%20|\+)+)(?!auth|cred|token|scheme)[\w.~+/=-]{8,}/gi;

/** Returns the text with everything that has the form of a secret replaced by `[secret]`. */
export function redacted(text: string): string {
  return text.replace(secretShapes, "[secret]");
}

/** Returns the {@link redacted} text, cut to `maxLength` characters: for texts of others that are passed on to a client. */
export function withoutSecrets(text: string, maxLength = 200): string {
  const clean = redacted(text);
  return clean.length > maxLength ? `${clean.slice(0, maxLength - 1)}…` : clean;
}
