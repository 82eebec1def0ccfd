import * as z from "zod";
import { countryCode } from "../account.ts";
import { AUTO_CLUSTER, isCluster, nearestCluster } from "../cluster.ts";
import type { ViewerAdmission } from "../director/admission.ts";
import type { DirectorRefusal } from "../director/director-error.ts";
import type { Platform } from "../platform.ts";
import type { Viewing } from "./viewing.ts";

/**
 * Encoders and viewers for the sandbox's live part. They show their tokens to the same check as callers of the Director
 * over HTTP; what it lets in is metered and turns up in analytics, viewer records and monitoring.
 */

/** A whole number of bits a second, as a number, a bigint or decimal digits. */
const bitRate = z
  .union([z.bigint(), z.int(), z.string().regex(/^\d{1,30}$/)])
  .transform((value) => BigInt(value))
  .refine((value) => value >= 0n, { error: "A bit rate is not negative." });

const seconds = z
  .number()
  .positive()
  .max(366 * 86_400)
  .nullish();

/** An encoder, as tests and operators describe it. */
export const feedInput = z.strictObject({
  /** The publish token's secret. */
  token: z.string(),
  streamName: z.string().min(1).max(128),
  /** Ingest; 4 Mbit/s without it. */
  bitsPerSecond: bitRate.default(4_000_000n),
  /** How long it means to run; until it is stopped without it. */
  seconds,
  ip: z.string().default("192.0.2.10"),
  country: countryCode.default("US"),
  origin: z.string().nullish(),
  sourceId: z.string().nullish(),
  simulcastId: z.string().nullish(),
  /** The encoder's own priority, which the token's cannot move. */
  priority: z.int32().nullish(),
});

/** Viewers, as tests and operators describe them. */
export const viewersInput = z.strictObject({
  /** A subscribe token's secret or a JWT signed under one; null or absent for none. */
  token: z.string().nullish(),
  streamName: z.string().min(1).max(128),
  /** Needed without a token. */
  streamAccountId: z.string().nullish(),
  /** Delivered to each viewer; 2.5 Mbit/s without it. */
  bitsPerSecond: bitRate.default(2_500_000n),
  /** How long they mean to stay; until they are detached without it. */
  seconds,
  /** How many viewers, all alike. */
  count: z.int().min(1).max(10_000).default(1),
  ip: z.string().default("198.51.100.20"),
  country: countryCode.default("US"),
  origin: z.string().nullish(),
  userAgent: z.string().max(1024).default("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"),
  /** The cluster that serves them; the stream's, or the nearest if the stream cascades, without it. */
  cluster: z
    .string()
    .refine((id) => id !== AUTO_CLUSTER && isCluster(id), { error: "Unknown cluster." })
    .nullish(),
  /** A viewer that was attached before and comes back; only for a count of 1. */
  clientId: z.string().min(1).nullish(),
});

/** What `startFeed` takes. */
export type FeedInput = z.input<typeof feedInput>;
/** What `attachViewers` takes. */
export type ViewersInput = z.input<typeof viewersInput>;

/** A feed that was let in. */
export interface StartedFeed {
  readonly ok: true;
  readonly feedId: string;
  readonly streamName: string;
  readonly tokenId: number;
  readonly clusterId: string;
}

/** Viewers that were let in. */
export interface AttachedViewers {
  readonly ok: true;
  readonly streamName: string;
  /** The id that their bytes are counted under; null when untracked. */
  readonly trackingId: string | null;
  /** One for each viewer, as viewer records show them. */
  readonly clientIds: readonly string[];
}

/** Starts a feed if the Director lets it in. */
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

/** Attaches viewers if the Director lets them in. */
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

/** The nearest cluster that the stream is relayed to, or else the one that takes it in. */
function servingCluster({ account }: Platform, { publishToken, feed }: ViewerAdmission, country: string): string {
  const { isEnabled, clusters } = publishToken.geoCascade ?? account.geoCascade;
  const nearest = nearestCluster(country);
  return isEnabled && (clusters.includes("all") || clusters.includes(nearest)) ? nearest : feed.clusterId;
}
