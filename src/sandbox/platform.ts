import { type Account, accountRoutes } from "./account.ts";
import { analyticsRoutes } from "./analytics/analytics.ts";
import { meterRoutes } from "./analytics/meters.ts";
import type { Clock } from "./clock.ts";
import { clusterRoutes } from "./cluster.ts";
import { appTokenRoute, type ConferenceApp } from "./conference/app-token.ts";
import { conferenceRoutes } from "./conference/streaming.ts";
import { type Admission, createAdmission } from "./director/admission.ts";
import { directorRoutes } from "./director/director.ts";
import type { Route } from "./http/route.ts";
import type { Lag } from "./lag.ts";
import { createLedger, type Ledger } from "./ledger.ts";
import { createLive, type Live } from "./live/live.ts";
import { accountMediaRoutes } from "./media/account-media.ts";
import { assetRoutes } from "./media/asset-routes.ts";
import { distributionRoutes } from "./media/distribution-routes.ts";
import { createMedia, type Media } from "./media/media.ts";
import { recordFileRoutes } from "./media/record-files.ts";
import { monitoringRoutes } from "./monitoring.ts";
import { viewerCount } from "./records/record-rows.ts";
import { viewerRecordRoutes } from "./records/viewer-records.ts";
import { pastRecordings } from "./seed/recordings.ts";
import { applySeed } from "./seed/seed.ts";
import { seedTranscoders } from "./seed/transcoders.ts";
import { streamControlRoutes } from "./stream-control.ts";
import { thumbnailRoutes } from "./thumbnails.ts";
import { publishTokenRoutes } from "./tokens/publish-tokens.ts";
import { subscribeTokenRoutes } from "./tokens/subscribe-tokens.ts";
import { createShelves, type TokenShelves } from "./tokens/token-repository.ts";
import { createTraffic, type Traffic } from "./traffic/traffic.ts";
import { createTranscoders, type Transcoders, transcoderRoutes } from "./transcoders/transcoders.ts";

/** The emulated platform: all state of one account, and no HTTP. */
export interface Platform {
  readonly clock: Clock;
  readonly account: Account;
  readonly tokens: TokenShelves;
  readonly traffic: Traffic;
  readonly live: Live;
  readonly ledger: Ledger;
  readonly lag: Lag;
  readonly admission: Admission;
  readonly media: Media;
  readonly transcoders: Transcoders;
}

/**
 * A platform as the seed leaves it. Equal arguments give equal platforms.
 *
 * @param clock - its first reading is the end of the past
 * @param bulk - further streams for scale tests
 * @param lag - of analytics behind the quarter hour
 */
export function createPlatform(seed: number, clock: Clock, bulk: number, lag: Lag): Platform {
  const beganAt = clock.now();
  const tokens = createShelves(seed);
  // The live part asks the Director's check when an encoder comes back, and the check looks at the live part.
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

/**
 * Everything that the platform answers. A further group of its API is one more line here.
 *
 * @param app - the credentials that the conference platform takes
 */
export function platformRoutes(platform: Platform, app: ConferenceApp): Route[] {
  const { account, tokens, traffic, live, ledger, lag, admission, clock, media, transcoders } = platform;
  const sources = { traffic, live, ledger };
  return [
    ...publishTokenRoutes(tokens.publish, account, live, clock),
    ...subscribeTokenRoutes(tokens.subscribe, account, clock),
    ...streamControlRoutes(tokens.publish, account, live),
    ...clusterRoutes(account),
    ...accountRoutes(account),
    ...accountMediaRoutes(media, live, clock),
    ...assetRoutes(media, account, clock),
    ...distributionRoutes(media.distributions, clock),
    ...recordFileRoutes(media, tokens.publish, clock),
    ...thumbnailRoutes(live, clock),
    ...transcoderRoutes(transcoders, account, clock),
    ...analyticsRoutes(ledger, clock, lag),
    ...meterRoutes({ account, clock, ledger, lag, media, publishTokens: tokens.publish, transcoders }),
    ...viewerRecordRoutes(sources, clock),
    ...monitoringRoutes({
      account,
      live,
      clock,
      publishTokens: tokens.publish,
      viewerCount: (streamName, now) => viewerCount(sources, streamName, now),
    }),
    ...directorRoutes(account, admission, clock),
    appTokenRoute(app, clock),
    ...conferenceRoutes(platform, app),
  ];
}
