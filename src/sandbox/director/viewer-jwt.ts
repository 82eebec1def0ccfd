import { decodeJwt, errors, jwtVerify } from "jose";
import * as z from "zod";
import { AUTO_CLUSTER, isCluster } from "../cluster.ts";
import { effectiveCluster, type SubscribeToken } from "../tokens/token.ts";
import { unauthorized } from "./director-error.ts";
import { isAddressOrBlock } from "./restrictions.ts";

/** Restrictions that a self-signed token adds to its parent. */
export interface ViewerClaims {
  readonly parent: SubscribeToken;
  readonly streamName: string;
  readonly trackingId: string | null;
  readonly customViewerData: string | null;
  readonly originCluster: string;
  readonly allowedOrigins: readonly string[];
  readonly allowedIpAddresses: readonly string[];
}

/** Returns whether a bearer token is a JWT; plain tokens are hexadecimal and contain no dot. */
export function isJwt(token: string): boolean {
  return token.includes(".");
}

const ALGORITHMS = ["HS256", "HS384", "HS512"];

/**
 * Verifies a self-signed subscribe token against its parent.
 *
 * The JWT's key is the UTF-8 bytes of the parent's token string. The parent must be valid as well, which the caller
 * checks.
 *
 * @param parentById - finds a subscribe token; a publish token or another JWT is never a parent
 * @throws DirectorError with 401
 * @see https://optiview.dolby.com/docs/millicast/distribution/access-control/self-signed-subscribe-tokens/
 */
export async function verifyViewerJwt(
  jwt: string,
  parentById: (id: number) => SubscribeToken | undefined,
  now: number,
): Promise<ViewerClaims> {
  const parent = parentOf(jwt, parentById);
  const key = new TextEncoder().encode(parent.token);
  const payload = await jwtVerify(jwt, key, {
    algorithms: ALGORITHMS,
    requiredClaims: ["exp"],
    currentDate: new Date(now),
  }).then(({ payload }) => payload, refuseJwt);

  const claims = streamingClaims.safeParse(payload["streaming"]);
  if (!claims.success) throw unauthorized(claims.error.issues[0]?.message ?? "Invalid token");
  const { streamName, allowedOrigins, allowedIpAddresses, customViewerData } = claims.data;
  // A token is for one name: one that reads like a pattern is invalid, unless the parent has it as a name.
  const isSpeltOut = parent.streams.some((grant) => !grant.isRegex && grant.streamName === streamName);
  if (/[*+?[\](){}|^$\\]/.test(streamName) && !isSpeltOut) throw unauthorized("StreamName is not valid for token");
  return {
    parent,
    streamName,
    trackingId: trackingIdUnder(parent, claims.data.tracking?.trackingId || null),
    originCluster: clusterUnder(parent, claims.data.originCluster || null),
    customViewerData: customViewerData ?? null,
    allowedOrigins: allowedOrigins ?? [],
    allowedIpAddresses: allowedIpAddresses ?? [],
  };
}

function parentOf(jwt: string, parentById: (id: number) => SubscribeToken | undefined): SubscribeToken {
  const tokenId = z.object({ tokenId: z.int() }).safeParse(unverifiedClaims(jwt)).data?.tokenId;
  const parent = tokenId === undefined ? undefined : parentById(tokenId);
  if (!parent) throw unauthorized("Invalid token");
  return parent;
}

function unverifiedClaims(jwt: string): unknown {
  try {
    return decodeJwt(jwt)["streaming"];
  } catch {
    return undefined; // not a JWT at all
  }
}

function refuseJwt(problem: unknown): never {
  if (problem instanceof errors.JWTExpired) throw unauthorized("Token expired");
  if (problem instanceof errors.JWTClaimValidationFailed && problem.claim === "exp") {
    throw unauthorized("The exp claim is required");
  }
  if (problem instanceof errors.JOSEError) throw unauthorized("Invalid token");
  throw problem;
}

/** .NET reads no text with half a surrogate pair in it. */
const text = (error: string) => z.string({ error }).refine((value) => !/\p{Surrogate}/u.test(value), { error });

/** .NET counts UTF-16 units: a character outside the basic plane is two. */
const isNoLongerThan = (most: number) => (value: string) => value.length <= most;

const streamingClaims = z.object(
  {
    tokenType: z.literal("Subscribe", { error: "tokenType must be Subscribe" }),
    streamName: text("streamName must be one stream name")
      .min(1, { error: "streamName must be one stream name" })
      .refine(isNoLongerThan(128), { error: "streamName must be one stream name" }),
    originCluster: text("originCluster must be a cluster id").nullish(),
    allowedOrigins: z
      .array(text("allowedOrigins must hold texts"), { error: "allowedOrigins must be a list" })
      .nullish(),
    allowedIpAddresses: z
      .array(z.string().refine(isAddressOrBlock, { error: "allowedIpAddresses takes IPv4 addresses and CIDR blocks" }))
      .nullish(),
    tracking: z
      .object({
        trackingId: text("trackingId must be a text")
          .refine(isNoLongerThan(128), { error: "trackingId is longer than 128 characters" })
          .nullish(),
      })
      .nullish(),
    customViewerData: text("customViewerData must be a text")
      .refine(isNoLongerThan(1024), { error: "customViewerData is longer than 1024 characters" })
      .nullish(),
  },
  { error: "Invalid token" },
);

/** A parent's tracking id must be repeated; without one, any or none is accepted. */
function trackingIdUnder(parent: SubscribeToken, trackingId: string | null): string | null {
  if (parent.trackingId !== null && trackingId !== parent.trackingId) {
    throw unauthorized("Tracking id must repeat the parent token's");
  }
  return trackingId;
}

/** Only under an `auto` parent may a token name another cluster. */
function clusterUnder(parent: SubscribeToken, originCluster: string | null): string {
  const inherited = effectiveCluster(parent);
  if (originCluster === null || originCluster === inherited) return inherited;
  if (inherited !== AUTO_CLUSTER) throw unauthorized("Origin cluster must equal the parent token's");
  if (!isCluster(originCluster)) throw unauthorized(`Unknown cluster ${originCluster}`);
  return originCluster;
}
