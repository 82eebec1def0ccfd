import { ApplicationError, InvalidInputError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { RestreamTarget } from "./token.ts";

/**
 * Pushing a live stream on to other platforms ("RTMP syndication"). A target is an address and a stream key; the key is
 * written and never read back.
 *
 * @see PUT /api/v2/publish_token/{tokenId} (restream)
 */

/** The most targets that a publish token has. */
export const MAX_RESTREAM_TARGETS = 10;
const KEY_LENGTH = { min: 5, max: 512 };
const MAX_TEXT_LENGTH = 2048;
const schemes = /^(rtmps?|srt):\/\/[^/\s]+/i;

/** A target as a client writes it. */
export interface RequestedTarget {
  readonly url: string;
  /** Left out, the target keeps the key that it has. */
  readonly key?: Secret | undefined;
  readonly label?: string | undefined;
  readonly isEnabled: boolean;
}

/** An address without user, password and parameters, any of which may be a secret. */
export function addressWithoutSecrets(url: string): string {
  return url.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i, "$1").replace(/[?#].*$/s, "");
}

/**
 * Checks a list of targets by the documented limits, before anything is sent.
 *
 * @param at path of the list as the client wrote it: `input.targets`
 * @throws ApplicationError LIMIT_EXCEEDED for an eleventh target; InvalidInputError naming the target and its field
 */
export function assertTargets(targets: readonly RequestedTarget[], at: string): void {
  if (targets.length > MAX_RESTREAM_TARGETS) {
    throw new ApplicationError(
      "LIMIT_EXCEEDED",
      `A publish token has at most ${MAX_RESTREAM_TARGETS} targets, not ${targets.length}.`,
      { argument: at, max: MAX_RESTREAM_TARGETS },
    );
  }
  for (const [index, target] of targets.entries()) assertTarget(target, `${at}.${index}`);
}

function assertTarget({ url, key, label }: RequestedTarget, at: string): void {
  if (!schemes.test(url) || !URL.canParse(url) || url.length > MAX_TEXT_LENGTH) {
    const rule = `It is an address of at most ${MAX_TEXT_LENGTH} characters that begins with rtmp://, rtmps:// or srt://.`;
    throw new InvalidInputError(`${at}.url`, rule);
  }
  const length = key?.reveal().length ?? KEY_LENGTH.min;
  if (length < KEY_LENGTH.min || length > KEY_LENGTH.max) {
    throw new InvalidInputError(`${at}.key`, `A stream key holds ${KEY_LENGTH.min} to ${KEY_LENGTH.max} characters.`);
  }
  if (label !== undefined && label.length > MAX_TEXT_LENGTH) {
    throw new InvalidInputError(`${at}.label`, `It holds at most ${MAX_TEXT_LENGTH} characters.`);
  }
}

/**
 * The targets with their keys: one that is written without a key is one that the token has already. It is known by its
 * address, as the graph shows it, and where several have that, by its label.
 *
 * @throws InvalidInputError when a key is missing, or when two targets are the same
 */
export function withKnownKeys(
  targets: readonly RequestedTarget[],
  known: readonly RestreamTarget[],
  at: string,
): RestreamTarget[] {
  const whole = targets.map(({ url, key, label = null, isEnabled }, index): RestreamTarget => {
    const destination = key ? { url, key } : knownTarget(url, label, known, `${at}.${index}.key`);
    return { label, url: destination.url, key: destination.key, isEnabled };
  });
  const seen = new Set<string>();
  for (const [index, { url, key }] of whole.entries()) {
    const identity = JSON.stringify([url, key.reveal()]);
    if (seen.has(identity)) throw new InvalidInputError(`${at}.${index}`, "Another target has its address and key.");
    seen.add(identity);
  }
  return whole;
}

function knownTarget(url: string, label: string | null, known: readonly RestreamTarget[], at: string): RestreamTarget {
  const ofAddress = known.filter((target) => [target.url, addressWithoutSecrets(target.url ?? "")].includes(url));
  const ofLabel = ofAddress.filter((target) => target.label === label);
  const [found, ...others] = ofAddress.length > 1 ? ofLabel : ofAddress;
  if (found && others.length === 0) return found;
  const rule =
    ofAddress.length === 0
      ? "The token has no target of this address yet: give its stream key."
      : "It is not clear which target of this address is meant: give the key.";
  throw new InvalidInputError(at, rule);
}
