import { Secret } from "../../src/model/secret.ts";
import type {
  PublishTokenRecord,
  StreamGrant,
  SubscribeTokenRecord,
  TokenRecord,
} from "../../src/model/token/token.ts";

/** Token strings are 64 hexadecimal characters. */
export function tokenString(seed: number): string {
  return seed.toString(16).padStart(64, "0");
}

/** Grants by name, or by pattern when it stands between slashes: `/cam[0-9]/`. */
export function grants(...texts: readonly string[]): StreamGrant[] {
  return texts.map((text) => {
    const pattern = /^\/(.*)\/$/.exec(text)?.[1];
    return pattern === undefined ? { pattern: text, isRegex: false } : { pattern, isRegex: true };
  });
}

const plain: TokenRecord = {
  id: 1,
  label: "plain",
  secret: new Secret(tokenString(1)),
  isActive: true,
  addedAt: 0,
  expiresAt: null,
  streams: grants("derby"),
  allowedOrigins: [],
  allowedIpAddresses: [],
  bindIpsOnUsage: 0,
  countries: { allowedCountries: [], deniedCountries: [] },
  originCluster: null,
  effective: { originCluster: "auto", allowedCountries: [], deniedCountries: [], geoCascade: null },
};

/** A subscribe token of one stream that restricts nothing else. */
export function subscribeToken(fields: Partial<SubscribeTokenRecord> = {}): SubscribeTokenRecord {
  return { ...plain, kind: "SubscribeToken", trackingId: null, ...fields };
}

/** A secured publish token of one stream, as the platform makes it by default. */
export function publishToken(fields: Partial<PublishTokenRecord> = {}): PublishTokenRecord {
  return {
    ...plain,
    kind: "PublishToken",
    isSecured: true,
    isMultisource: true,
    isRecording: false,
    isClipping: false,
    hasThumbnails: false,
    isLowLatencyRtmp: true,
    isDrm: false,
    isUtcInserted: null,
    priority: null,
    restreams: [],
    geoCascade: null,
    isSrtEncrypted: false,
    srtPassphrase: null,
    ...fields,
  };
}

/** A token's cluster after the account's default is applied. */
export function inCluster(originCluster: string): Pick<TokenRecord, "originCluster" | "effective"> {
  return { originCluster, effective: { ...plain.effective, originCluster } };
}
