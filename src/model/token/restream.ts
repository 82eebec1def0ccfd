import { ApplicationError, InvalidInputError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { RestreamTarget } from "./token.ts";

/**
 * Pushing live streams to other platforms ("RTMP syndication"). A target is an address and a stream key, which is never
 * read back.
 *
 * @see PUT /api/v2/publish_token/{tokenId} (restream)
 */

/** Maximum number of targets of a publish token. */
export const MAX_RESTREAM_TARGETS = 10;
const KEY_LENGTH = { min: 5, max: 512 };
const MAX_TEXT_LENGTH = 2048;
const schemes = /^(rtmps?|srt):\/\/[^/\s]+/i;

/** A target as the client sends it. */
export interface RequestedTarget {
  readonly url: string;
  /** Stream key; undefined for the key of the present target. */
  readonly key?: Secret | undefined;
  readonly label?: string | undefined;
  readonly isEnabled: boolean;
}

/** Returns the address without user, password and parameters, any of which may be a secret. */
export function addressWithoutSecrets(url: string): string {
  return url.replace(/^([a-z][a-z\d+.-]*:\/\/)[^/?#]*@/i, "$1").replace(/[?#].*$/s, "");
}

/**
 * Checks a list of targets by the documented limits, before anything is sent.
 *
 * @param at path of the list: `input.targets`
 * @throws ApplicationError LIMIT_EXCEEDED for an eleventh target; InvalidInputError naming the target and its field
 */
export function assertTargets(targets: readonly RequestedTarget[], at: string): void {
  if (targets.length > MAX_RESTREAM_TARGETS) {
    throw new ApplicationError(
      "LIMIT_EXCEEDED",
      `\`${at}\` must list at most ${MAX_RESTREAM_TARGETS} targets; got ${targets.length}.`,
      { argument: at, max: MAX_RESTREAM_TARGETS },
    );
  }
  for (const [index, target] of targets.entries()) assertTarget(target, `${at}.${index}`);
}

function assertTarget({ url, key, label }: RequestedTarget, at: string): void {
  if (!schemes.test(url) || !URL.canParse(url) || url.length > MAX_TEXT_LENGTH) {
    const rule = `\`${at}.url\` must begin with rtmp://, rtmps:// or srt:// and be at most ${MAX_TEXT_LENGTH} characters long; got ${url.length} characters.`;
    throw new InvalidInputError(`${at}.url`, rule);
  }
  const length = key?.reveal().length ?? KEY_LENGTH.min;
  if (length < KEY_LENGTH.min || length > KEY_LENGTH.max) {
    throw new InvalidInputError(
      `${at}.key`,
      `\`${at}.key\` must be ${KEY_LENGTH.min} to ${KEY_LENGTH.max} characters long; got ${length}.`,
    );
  }
  if (label !== undefined && label.length > MAX_TEXT_LENGTH) {
    throw new InvalidInputError(
      `${at}.label`,
      `\`${at}.label\` must be at most ${MAX_TEXT_LENGTH} characters long; got ${label.length}.`,
    );
  }
}

/**
 * Returns the targets with their keys. A target without a key takes the key of the token's present target.
 *
 * The present target is found by its address, as the graph shows it, and by its label if several share the address.
 *
 * @throws InvalidInputError when a key is missing, or when two targets are the same
 */
export function withPresentKeys(
  targets: readonly RequestedTarget[],
  present: readonly RestreamTarget[],
  at: string,
): RestreamTarget[] {
  const complete = targets.map(({ url, key, label = null, isEnabled }, index): RestreamTarget => {
    const destination = key ? { url, key } : presentTarget(url, label, present, `${at}.${index}.key`);
    return { label, url: destination.url, key: destination.key, isEnabled };
  });
  const seen = new Set<string>();
  for (const [index, { url, key }] of complete.entries()) {
    const identity = JSON.stringify([url, key.reveal()]);
    if (seen.has(identity))
      throw new InvalidInputError(
        `${at}.${index}`,
        `\`${at}.${index}\` must differ from the other targets; got the address and key of another one.`,
      );
    seen.add(identity);
  }
  return complete;
}

function presentTarget(
  url: string,
  label: string | null,
  present: readonly RestreamTarget[],
  at: string,
): RestreamTarget {
  const byAddress = present.filter((target) => [target.url, addressWithoutSecrets(target.url ?? "")].includes(url));
  const byLabel = byAddress.filter((target) => target.label === label);
  const [found, ...others] = byAddress.length > 1 ? byLabel : byAddress;
  if (found && others.length === 0) return found;
  const rule =
    byAddress.length === 0
      ? `\`${at}\` must be set, because the token has no target with this address; got none.`
      : `\`${at}\` must be set, because several targets of the token have this address; got none.`;
  throw new InvalidInputError(at, rule);
}
