import type { Account } from "./account.ts";
import type { Clock } from "./clock.ts";
import { type Admission, createAdmission } from "./director/admission.ts";
import type { Lag } from "./lag.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { createLive, type Live } from "./live/live.ts";
import { createMedia, type Media } from "./media/media.ts";
import { pastRecordings } from "./seed/recordings.ts";
import { applySeed } from "./seed/seed.ts";
import { seedTranscoders } from "./seed/transcoders.ts";
import { createTokenRepositories, type TokenRepositories } from "./tokens/token-repository.ts";
import { createTraffic, type Traffic } from "./traffic/traffic.ts";
import { createTranscoders, type Transcoders } from "./transcoders/transcoders.ts";

/** The emulated platform: all state of one account, without HTTP. */
export interface Platform {
  readonly clock: Clock;
  readonly account: Account;
  readonly tokens: TokenRepositories;
  readonly traffic: Traffic;
  readonly live: Live;
  readonly ledger: Ledger;
  readonly lag: Lag;
  readonly admission: Admission;
  readonly media: Media;
  readonly transcoders: Transcoders;
}

/** What a platform is made from. */
export interface PlatformOptions {
  readonly seed: number;
  /** Its first reading is the end of the past. */
  readonly clock: Clock;
  /** Number of further streams for scale tests. */
  readonly bulk: number;
  /** Number of partners of these. */
  readonly bulkPartners?: number | undefined;
  /** Whether the traffic of the past goes on for all streams. */
  readonly goesOn: boolean;
  /** Lag of analytics behind the quarter hour. */
  readonly lag: Lag;
}

/** Creates a platform from a seed. Equal options give equal platforms. */
export function createPlatform({ seed, clock, bulk, bulkPartners, goesOn, lag }: PlatformOptions): Platform {
  const beganAt = clock.now();
  const tokens = createTokenRepositories(seed);
  // The live part calls the Director's check when an encoder reconnects, and the check reads the live part.
  const live = createLive(seed, clock, (streamName, credentials, at) => {
    const admitted = admission.publish(streamName, credentials, at);
    return admitted.ok ? admitted.token : undefined;
  });
  const { account, profiles } = applySeed({ tokens, live, beganAt, bulk, bulkPartners });
  const admission = createAdmission(account, tokens, live);
  const traffic = createTraffic(seed, profiles);
  const ledger = createLedger(traffic, live, beganAt, goesOn);
  const media = createMedia(seed, clock, live, pastRecordings(traffic, tokens.publish, beganAt));
  const transcoders = createTranscoders(seed);
  for (const draft of seedTranscoders(beganAt)) transcoders.add(draft);
  return { clock, account, tokens, traffic, live, ledger, lag, admission, media, transcoders };
}
