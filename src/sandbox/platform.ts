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

/**
 * Creates a platform from a seed. Equal arguments give equal platforms.
 *
 * @param clock - its first reading is the end of the past
 * @param bulk - further streams for scale tests
 * @param lag - of analytics behind the quarter hour
 */
export function createPlatform(seed: number, clock: Clock, bulk: number, lag: Lag): Platform {
  const beganAt = clock.now();
  const tokens = createTokenRepositories(seed);
  // The live part calls the Director's check when an encoder reconnects, and the check reads the live part.
  const live = createLive(seed, clock, (streamName, credentials, at) => {
    const admitted = admission.publish(streamName, credentials, at);
    return admitted.ok ? admitted.token : undefined;
  });
  const { account, profiles } = applySeed({ tokens, live, beganAt, bulk });
  const admission = createAdmission(account, tokens, live);
  const traffic = createTraffic(seed, profiles);
  const ledger = createLedger(traffic, live, beganAt);
  const media = createMedia(seed, clock, live, pastRecordings(traffic, tokens.publish, beganAt));
  const transcoders = createTranscoders(seed);
  for (const draft of seedTranscoders(beganAt)) transcoders.add(draft);
  return { clock, account, tokens, traffic, live, ledger, lag, admission, media, transcoders };
}
