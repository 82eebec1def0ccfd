import { accountRoutes } from "./account.ts";
import { analyticsRoutes } from "./analytics/analytics.ts";
import { meterRoutes } from "./analytics/meters.ts";
import { clusterRoutes } from "./cluster.ts";
import { appTokenRoute, type ConferenceApp } from "./conference/app-token.ts";
import { conferenceRoutes } from "./conference/streaming.ts";
import { directorRoutes } from "./director/director.ts";
import type { Route } from "./http/route.ts";
import { accountMediaRoutes } from "./media/account-media.ts";
import { assetRoutes } from "./media/asset-routes.ts";
import { distributionRoutes } from "./media/distribution-routes.ts";
import { recordFileRoutes } from "./media/record-files.ts";
import { monitoringRoutes } from "./monitoring.ts";
import type { Platform } from "./platform.ts";
import { viewerCount } from "./records/record-rows.ts";
import { viewerRecordRoutes } from "./records/viewer-records.ts";
import { streamControlRoutes } from "./stream-control.ts";
import { thumbnailRoutes } from "./thumbnails.ts";
import { publishTokenRoutes } from "./tokens/publish-tokens.ts";
import { subscribeTokenRoutes } from "./tokens/subscribe-tokens.ts";
import { transcoderRoutes } from "./transcoders/transcoders.ts";

/**
 * Returns the routes of the whole platform, one line for each group of its API.
 *
 * @param app - credentials that the conference platform accepts
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
