import * as z from "zod";
import { countryCode } from "../account.ts";
import { AUTO_CLUSTER, isCluster, nearestCluster } from "../cluster.ts";
import type { ViewerAdmission } from "../director/admission.ts";
import type { DirectorRefusal } from "../director/director-error.ts";
import type { Platform } from "../platform.ts";
import type { Viewing } from "./viewing.ts";

/**
 * Encoders and viewers of the sandbox's live part.
 *
 * They pass the same check as callers of the Director over HTTP, and appear in analytics, viewer records and
 * monitoring.
 */

/** A whole number of bits per second, as a number, a bigint or decimal digits. */
const bitRate = z
  .union([z.bigint(), z.int(), z.string().regex(/^\d{1,30}$/)])
  .transform((value) => BigInt(value))
  .refine((value) => value >= 0n, { error: "A bit rate is not negative." });

const seconds = z
  .number()
  .positive()
  .max(366 * 86_400)
  .nullish();

/** Options of a simulated encoder. */
export const feedInput = z.strictObject({
  /** Secret of the publish token. */
  token: z.string(),
  streamName: z.string().min(1).max(128),
  /** Ingest bit rate; 4 Mbit/s by default. */
  bitsPerSecond: bitRate.default(4_000_000n),
  /** Planned duration; until it is stopped by default. */
  seconds,
  ip: z.string().default("192.0.2.10"),
  country: countryCode.default("US"),
  origin: z.string().nullish(),
  sourceId: z.string().nullish(),
  simulcastId: z.string().nullish(),
  /** Priority that the encoder sets itself, which the token's does not change. */
  priority: z.int32().nullish(),
});

/** Options of simulated viewers. */
export const viewersInput = z.strictObject({
  /** Secret of a subscribe token, or a JWT signed under one; null or absent for none. */
  token: z.string().nullish(),
  streamName: z.string().min(1).max(128),
  /** Required without a token. */
  streamAccountId: z.string().nullish(),
  /** Delivered to each viewer; 2.5 Mbit/s by default. */
  bitsPerSecond: bitRate.default(2_500_000n),
  /** Planned duration; until they are detached by default. */
  seconds,
  /** Number of equal viewers. */
  count: z.int().min(1).max(10_000).default(1),
  ip: z.string().default("198.51.100.20"),
  country: countryCode.default("US"),
  origin: z.string().nullish(),
  userAgent: z.string().max(1024).default("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"),
  /** Cluster that serves them. Defaults to the stream's or, if the stream cascades, to the nearest. */
  cluster: z
    .string()
    .refine((id) => id !== AUTO_CLUSTER && isCluster(id), { error: "Unknown cluster." })
    .nullish(),
  /** Client of a viewer that reconnects; only for a count of 1. */
  clientId: z.string().min(1).nullish(),
});

/** Input of `startFeed`. */
export type FeedInput = z.input<typeof feedInput>;
/** Input of `attachViewers`. */
export type ViewersInput = z.input<typeof viewersInput>;

/** A feed that passed the Director's check. */
export interface StartedFeed {
  readonly ok: true;
  readonly feedId: string;
  readonly streamName: string;
  readonly tokenId: number;
  readonly clusterId: string;
}

/** Viewers that passed the Director's check. */
export interface AttachedViewers {
  readonly ok: true;
  readonly streamName: string;
  /** Tracking id of their traffic; null if untracked. */
  readonly trackingId: string | null;
  /** Client ids, one for each viewer, as viewer records show them. */
  readonly clientIds: readonly string[];
}

/** Starts a feed if the Director's check admits it. */
export function startFeed(platform: Platform, input: z.output<typeof feedInput>): StartedFeed | DirectorRefusal {
  const { clock, admission, live } = platform;
  const { token, streamName, ip, country, origin = null, sourceId = null, simulcastId = null, priority = null } = input;
  const credentials = { token, ip, country, origin };
  const admitted = admission.publish(streamName, credentials, clock.now());
  if (!admitted.ok) return admitted;
  const { feedId, tokenId, clusterId } = live.startFeed(
    {
      streamName,
      credentials,
      sourceId,
      simulcastId,
      bitsPerSecond: input.bitsPerSecond,
      ownPriority: priority,
      endsAt: input.seconds ? clock.now() + Math.round(input.seconds * 1000) : null,
    },
    admitted.token,
  );
  return { ok: true, feedId, streamName, tokenId, clusterId };
}

/** Attaches viewers if the Director's check admits them. */
export async function attachViewers(
  platform: Platform,
  input: z.output<typeof viewersInput>,
): Promise<AttachedViewers | DirectorRefusal> {
  const { clock, admission, live } = platform;
  const { token = null, streamName, streamAccountId = null, ip, country, origin = null, count } = input;
  const admitted = await admission.subscribe(streamName, streamAccountId, { token, ip, country, origin }, clock.now());
  if (!admitted.ok) return admitted;
  const start = {
    streamName,
    trackingId: admitted.trackingId,
    customViewerData: admitted.customViewerData,
    ip,
    country,
    clusterId: input.cluster ?? servingCluster(platform, admitted, country),
    userAgent: input.userAgent,
    bitsPerSecond: input.bitsPerSecond,
    endsAt: input.seconds ? clock.now() + Math.round(input.seconds * 1000) : null,
  };
  const attached: Viewing[] = [];
  for (let viewer = 0; viewer < count; viewer++) {
    attached.push(live.attach({ ...start, clientId: count === 1 ? (input.clientId ?? null) : null }));
  }
  return {
    ok: true,
    streamName,
    trackingId: admitted.trackingId,
    clientIds: attached.map(({ clientId }) => clientId),
  };
}

/** Returns the nearest cluster that the stream is relayed to, otherwise the one that ingests it. */
function servingCluster({ account }: Platform, { publishToken, feed }: ViewerAdmission, country: string): string {
  const { isEnabled, clusters } = publishToken.geoCascade ?? account.geoCascade;
  const nearest = nearestCluster(country);
  return isEnabled && (clusters.includes("all") || clusters.includes(nearest)) ? nearest : feed.clusterId;
}
