import type { Account } from "../account.ts";
import type { Feed } from "../live/feed.ts";
import type { Live } from "../live/live.ts";
import {
  covers,
  effectiveCluster,
  isExpired,
  type PublishToken,
  type SubscribeToken,
  type TokenRecord,
} from "../tokens/token.ts";
import type { TokenRepositories } from "../tokens/token-repository.ts";
import { asRefusal, DirectorError, type DirectorRefusal, unauthorized } from "./director-error.ts";
import { isAddressAllowed, isCountryAllowed, isOriginAllowed } from "./restrictions.ts";
import { isJwt, verifyViewerJwt } from "./viewer-jwt.ts";

/** An attempt to connect, with its origin. */
export interface ConnectionAttempt {
  /** Bearer token, a plain token or a JWT; null for none. */
  readonly token: string | null;
  readonly ip: string;
  /** Country of the caller, ISO 3166-1 alpha-2. */
  readonly country: string;
  /** The Origin header; null for none. */
  readonly origin: string | null;
}

/** A publisher that passed the check. */
export interface PublisherAdmission {
  readonly ok: true;
  readonly token: PublishToken;
}

/** A viewer that passed the check. */
export interface ViewerAdmission {
  readonly ok: true;
  /** Feed that the viewer sees first: the one of highest priority and, among equal ones, the newest. */
  readonly feed: Feed;
  /** Publish token of that feed. */
  readonly publishToken: PublishToken;
  /** Subscribe token, or the parent of a JWT; null for a viewer without one. */
  readonly token: SubscribeToken | null;
  readonly trackingId: string | null;
  readonly customViewerData: string | null;
}

/** The Director's check: the only way into the live part, for HTTP calls and simulated clients alike. */
export interface Admission {
  publish(streamName: string, visitor: ConnectionAttempt, now: number): PublisherAdmission | DirectorRefusal;
  /** @param streamAccountId - needed without a token */
  subscribe(
    streamName: string,
    streamAccountId: string | null,
    visitor: ConnectionAttempt,
    now: number,
  ): Promise<ViewerAdmission | DirectorRefusal>;
}

/** Rights of a viewer's token, plain or JWT. */
interface Ticket {
  readonly token: SubscribeToken;
  readonly trackingId: string | null;
  readonly customViewerData: string | null;
  readonly clusterId: string;
}

/** Creates the check, with no addresses bound yet. */
export function createAdmission(account: Account, tokens: TokenRepositories, live: Live): Admission {
  /** Addresses that have used each token, by token id. */
  const boundIps = new Map<number, { secret: string; ips: Set<string> }>();

  /**
   * A token binds to the first addresses that use it; JWTs use up their parent's.
   *
   * A new secret starts over.
   */
  function bindIp(token: TokenRecord, ip: string): void {
    if (token.bindIpsOnUsage === null) return;
    let bound = boundIps.get(token.id);
    if (bound?.secret !== token.token) {
      bound = { secret: token.token, ips: new Set() };
      boundIps.set(token.id, bound);
    }
    if (bound.ips.has(ip)) return;
    if (bound.ips.size >= token.bindIpsOnUsage) throw unauthorized("IP Address not allowed");
    bound.ips.add(ip);
  }

  function checkPublisher(streamName: string, visitor: ConnectionAttempt, now: number): PublisherAdmission {
    const token = visitor.token === null ? undefined : tokens.publish.bySecret(visitor.token);
    if (!token) throw unauthorized("Invalid token");
    checkInForce(token, now);
    if (!covers(token, streamName)) throw new DirectorError(400, "StreamName is not valid for token");
    checkOriginAndIp(token, visitor);
    bindIp(token, visitor.ip);
    return { ok: true, token };
  }

  async function checkViewer(
    streamName: string,
    streamAccountId: string | null,
    visitor: ConnectionAttempt,
    now: number,
  ): Promise<ViewerAdmission> {
    const ticket = visitor.token === null ? null : await checkTicket(visitor.token, streamName, visitor, now);
    if (ticket === null && streamAccountId === null) {
      throw new DirectorError(400, "streamAccountId is required without a subscribe token");
    }
    if (streamAccountId !== null && streamAccountId !== account.accountId) {
      throw ticket ? unauthorized("Invalid streamAccountId") : new DirectorError(400, "stream not found");
    }

    const { feed, publishToken, isSecured } = findFeed(streamName);
    if (ticket === null && isSecured) throw unauthorized("Subscribe token required");
    const rules = [...(ticket ? [ticket.token] : []), publishToken, account.countries];
    if (!isCountryAllowed(rules, visitor.country)) throw unauthorized("Country not allowed");
    const streamCluster = effectiveCluster(publishToken);
    if (ticket && ticket.clusterId !== streamCluster) {
      throw unauthorized(`Token is for cluster ${ticket.clusterId}, the stream is published to ${streamCluster}`);
    }
    if (ticket) bindIp(ticket.token, visitor.ip);
    return {
      ok: true,
      feed,
      publishToken,
      token: ticket?.token ?? null,
      trackingId: ticket?.trackingId ?? null,
      customViewerData: ticket?.customViewerData ?? null,
    };
  }

  async function checkTicket(
    bearer: string,
    streamName: string,
    visitor: ConnectionAttempt,
    now: number,
  ): Promise<Ticket> {
    const claims = isJwt(bearer) ? await verifyViewerJwt(bearer, tokens.subscribe.byId, now) : null;
    const token = claims ? claims.parent : tokens.subscribe.bySecret(bearer);
    if (!token) throw unauthorized("Invalid token");
    checkInForce(token, now);
    if (!covers(token, streamName) || (claims && claims.streamName !== streamName)) {
      throw unauthorized("StreamName is not valid for token");
    }
    checkOriginAndIp(token, visitor);
    if (claims) checkOriginAndIp(claims, visitor);
    return {
      token,
      trackingId: claims ? claims.trackingId : token.trackingId,
      customViewerData: claims?.customViewerData ?? null,
      clusterId: claims?.originCluster ?? effectiveCluster(token),
    };
  }

  function findFeed(streamName: string): { feed: Feed; publishToken: PublishToken; isSecured: boolean } {
    const candidates = live.liveFeeds(streamName).flatMap((feed) => {
      const publishToken = tokens.publish.byId(feed.tokenId);
      return publishToken ? [{ feed, publishToken }] : [];
    });
    const lowest = Number.NEGATIVE_INFINITY;
    const [first] = candidates.sort(
      (a, b) => (b.feed.priority ?? lowest) - (a.feed.priority ?? lowest) || b.feed.startedAt - a.feed.startedAt,
    );
    if (!first) {
      const isKnown = tokens.publish.all().some((token) => covers(token, streamName));
      throw new DirectorError(400, isKnown ? "stream not being published" : "stream not found");
    }
    // One unsecured publisher opens the stream to everyone, whatever the others require.
    return { ...first, isSecured: candidates.every(({ publishToken }) => publishToken.subscribeRequiresAuth) };
  }

  return {
    publish(streamName, visitor, now) {
      try {
        return checkPublisher(streamName, visitor, now);
      } catch (problem) {
        return asRefusal(problem);
      }
    },
    subscribe: (streamName, streamAccountId, visitor, now) =>
      checkViewer(streamName, streamAccountId, visitor, now).catch(asRefusal),
  };
}

function checkInForce(token: TokenRecord, now: number): void {
  if (!token.isActive) throw unauthorized("Token is not active");
  if (isExpired(token, now)) throw unauthorized("Token expired");
}

function checkOriginAndIp(
  rules: { readonly allowedOrigins: readonly string[]; readonly allowedIpAddresses: readonly string[] },
  visitor: ConnectionAttempt,
): void {
  if (!isOriginAllowed(rules.allowedOrigins, visitor.origin)) throw unauthorized("Origin not allowed");
  if (!isAddressAllowed(rules.allowedIpAddresses, visitor.ip)) throw unauthorized("IP Address not allowed");
}
