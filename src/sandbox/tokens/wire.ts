import type { Account } from "../account.ts";
import { isoMillis, isoSeconds } from "../calendar.ts";
import { hexSecret } from "../random.ts";
import { effectiveCluster, type PublishToken, type SubscribeToken, type TokenRecord } from "./token.ts";

/** Returns a token as a response shows it. */
export interface WireForm {
  /** v1 repeats the label as `name`. */
  readonly version: 1 | 2;
  /** Directly after its creation a token shows the microseconds of `addedOn`; later reads round down to seconds. */
  readonly isFresh: boolean;
}

/** Returns a publish token as REST sends it. Fields without a value are left out. */
export function publishTokenWire(token: PublishToken, account: Account, form: WireForm) {
  return {
    ...commonWire(token, form),
    subscribeRequiresAuth: token.subscribeRequiresAuth,
    record: token.record,
    clip: token.clip,
    multisource: token.multisource,
    enableThumbnails: token.enableThumbnails,
    lowLatencyRtmp: token.lowLatencyRtmp,
    ...present({ enableUTCInsertion: token.enableUTCInsertion }),
    integrationId: "None",
    displaySrtPassphrase: token.displaySrtPassphrase,
    ...(token.displaySrtPassphrase ? { srtPassphrase: srtPassphraseOf(token) } : {}),
    drm: token.drm,
    ...present({ geoCascade: token.geoCascade, priority: token.priority, encoderProfileId: token.encoderProfileId }),
    ...(token.restream.length > 0 ? { restream: token.restream } : {}),
    effectiveSettings: {
      ...effectiveSettings(token, account),
      geoCascade: token.geoCascade ?? account.geoCascade,
      enableUTCInsertion: token.enableUTCInsertion ?? account.enableUTCInsertion,
    },
  };
}

/** Returns a subscribe token as REST sends it. Fields without a value are left out. */
export function subscribeTokenWire(token: SubscribeToken, account: Account, form: WireForm) {
  return {
    ...commonWire(token, form),
    ...(token.trackingId === null ? {} : { tracking: { trackingId: token.trackingId } }),
    effectiveSettings: effectiveSettings(token, account),
  };
}

function commonWire(token: TokenRecord, { version, isFresh }: WireForm) {
  return {
    id: token.id,
    label: token.label,
    ...(version === 1 ? { name: token.label } : {}),
    token: token.token,
    addedOn: isFresh ? withMicroseconds(token) : isoSeconds(token.addedAt),
    ...(token.expiresAt === null ? {} : { expiresOn: isoSeconds(token.expiresAt) }),
    isActive: token.isActive,
    streams: token.streams.map(({ streamName, isRegex }) => ({ streamName, isRegex })),
    allowedOrigins: token.allowedOrigins,
    allowedIpAddresses: token.allowedIpAddresses,
    ...present({ bindIpsOnUsage: token.bindIpsOnUsage }),
    allowedCountries: token.allowedCountries,
    deniedCountries: token.deniedCountries,
    originCluster: token.originCluster,
  };
}

/**
 * Returns the token's values, otherwise the account's.
 *
 * The cluster is the account's default when the token was created.
 */
function effectiveSettings(token: TokenRecord, account: Account) {
  const hasOwn = token.allowedCountries.length > 0 || token.deniedCountries.length > 0;
  const { allowedCountries, deniedCountries } = hasOwn ? token : account.countries;
  return { originCluster: effectiveCluster(token), allowedCountries, deniedCountries };
}

function withMicroseconds({ addedAt, id }: TokenRecord): string {
  const microseconds = String((id * 389 + 1) % 1000).padStart(3, "0");
  return `${isoMillis(addedAt).slice(0, -1)}${microseconds}Z`;
}

function srtPassphraseOf({ token }: PublishToken): string {
  return hexSecret(0, `srt ${token}`).slice(0, 24);
}

function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}
