import type { StreamGrant } from "../model/token.ts";
import { UpstreamError } from "./upstream-error.ts";

/** Which page of a token list: pages count from 1 and hold up to 100; totals are not told. */
export interface ListPage {
  readonly page: number;
  readonly itemsOnPage: number;
  /** Oldest first when it is left out. */
  readonly newestFirst?: boolean;
}

/** The page as the lists of both kinds take it: by age, so that new tokens come at one end. */
export function listQuery({ page, itemsOnPage, newestFirst }: ListPage) {
  return { sortBy: "AddedOn", page, itemsOnPage, isDescending: newestFirst ? true : undefined };
}

/** The most tokens that a page holds. @see GET /api/publish_token/list */
export const MAX_ITEMS_ON_PAGE = 100;

/** What may change in either kind of token; what is undefined stays as it is. Expiry and tracking id never change. */
export interface TokenChanges {
  readonly label?: string | undefined;
  readonly isActive?: boolean | undefined;
  readonly addStreams?: readonly StreamGrant[] | undefined;
  /** The patterns of the grants to take away. */
  readonly removeStreams?: readonly string[] | undefined;
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly allowedIpAddresses?: readonly string[] | undefined;
  readonly bindIpsOnUsage?: number | undefined;
  readonly originCluster?: string | undefined;
  readonly allowedCountries?: readonly string[] | undefined;
  readonly deniedCountries?: readonly string[] | undefined;
  /** A new secret under the same id; what the old one signed stops working at the next connection. */
  readonly refreshSecret?: boolean | undefined;
}

/** The changes as v2 takes them, which spells them alike for both kinds of token. */
export function updateBody(changes: TokenChanges) {
  const { addStreams, removeStreams, refreshSecret } = changes;
  const { label, isActive, bindIpsOnUsage, originCluster } = changes;
  const { allowedOrigins, allowedIpAddresses, allowedCountries, deniedCountries } = changes;
  return {
    ...(label !== undefined && { label }),
    ...(isActive !== undefined && { isActive }),
    ...(addStreams && {
      addTokenStreams: addStreams.map(({ pattern, isRegex }) => ({ streamName: pattern, isRegex })),
    }),
    ...(removeStreams && { removeTokenStreams: [...removeStreams] }),
    ...(allowedOrigins && { allowedOrigins: [...allowedOrigins] }),
    ...(allowedIpAddresses && { allowedIpAddresses: [...allowedIpAddresses] }),
    ...(bindIpsOnUsage !== undefined && { bindIpsOnUsage }),
    ...(originCluster !== undefined && { originCluster }),
    ...(allowedCountries && { allowedCountries: [...allowedCountries] }),
    ...(deniedCountries && { deniedCountries: [...deniedCountries] }),
    ...(refreshSecret && { refreshToken: true }),
  };
}

/** The platform answers an unknown id with a refusal that names the id's field, not with 404. */
export function isUnknownToken(error: unknown): boolean {
  return error instanceof UpstreamError && error.code === "UPSTREAM_REJECTED" && "tokenId" in error.reasons;
}
