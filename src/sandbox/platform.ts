import { type Account, accountRoutes } from "./account.ts";
import { analyticsRoutes } from "./analytics/analytics.ts";
import type { Clock } from "./clock.ts";
import { clusterRoutes } from "./cluster.ts";
import { type Admission, createAdmission } from "./director/admission.ts";
import { directorRoutes } from "./director/director.ts";
import type { Route } from "./http/route.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { createLive, type Live } from "./live/live.ts";
import { monitoringRoutes } from "./monitoring.ts";
import { viewerCount } from "./records/rows.ts";
import { viewerRecordRoutes } from "./records/viewer-records.ts";
import { plant } from "./seed/seed.ts";
import { streamControlRoutes } from "./stream-control.ts";
import { publishTokenRoutes } from "./tokens/publish-tokens.ts";
import { createShelves, type TokenShelves } from "./tokens/shelf.ts";
import { subscribeTokenRoutes } from "./tokens/subscribe-tokens.ts";
import { createTraffic, type Traffic } from "./traffic/traffic.ts";

/** The emulated platform: all state of one account, and no HTTP. */
export interface Platform {
  readonly clock: Clock;
  readonly account: Account;
  readonly tokens: TokenShelves;
  readonly traffic: Traffic;
  readonly live: Live;
  readonly ledger: Ledger;
  readonly admission: Admission;
}

/**
 * A platform as the seed leaves it. Equal arguments give equal platforms.
 *
 * @param clock - its first reading is the end of the past
 * @param bulk - further streams for scale tests
 */
export function createPlatform(seed: number, clock: Clock, bulk: number): Platform {
  const beganAt = clock.now();
  const tokens = createShelves(seed);
  // The live part asks the Director's check when an encoder comes back, and the check looks at the live part.
  const live = createLive(seed, clock, (streamName, credentials, at) => {
    const admitted = admission.publish(streamName, credentials, at);
    return admitted.ok ? admitted.token : undefined;
  });
  const { account, profiles } = plant({ tokens, live, beganAt, bulk });
  const admission = createAdmission(account, tokens, live);
  const traffic = createTraffic(seed, profiles);
  const ledger = createLedger(traffic, live, beganAt);
  return { clock, account, tokens, traffic, live, ledger, admission };
}

/** Everything that the platform answers. A further group of its API is one more line here. */
export function platformRoutes({ account, tokens, traffic, live, ledger, admission, clock }: Platform): Route[] {
  const sources = { traffic, live, ledger };
  return [
    ...publishTokenRoutes(tokens.publish, account, live, clock),
    ...subscribeTokenRoutes(tokens.subscribe, account, clock),
    ...streamControlRoutes(tokens.publish, account, live),
    ...clusterRoutes(account),
    ...accountRoutes(account),
    ...analyticsRoutes(ledger, clock),
    ...viewerRecordRoutes(sources, clock),
    ...monitoringRoutes({
      account,
      live,
      clock,
      publishTokens: tokens.publish,
      viewerCount: (streamName, now) => viewerCount(sources, streamName, now),
    }),
    ...directorRoutes(account, admission, clock),
  ];
}
