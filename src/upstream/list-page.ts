import { UpstreamError } from "./upstream-error.ts";

/** Largest page of a list, in items. @see GET /api/publish_token/list */
export const MAX_ITEMS_ON_PAGE = 100;

/** Page of a list, counted from 1. The platform returns no total. */
export interface ListPage {
  readonly page: number;
  /** At most {@link MAX_ITEMS_ON_PAGE}. */
  readonly itemsOnPage: number;
  /** Oldest first by default. */
  readonly newestFirst?: boolean;
}

/** Returns the error for a list that goes on after the last page that is read: a part of it must not pass for the whole. */
export function endlessList(operation: string, maxPages: number): UpstreamError {
  const message = `The platform's list must end within ${maxPages} pages; got more.`;
  return new UpstreamError("UPSTREAM_BAD_RESPONSE", message, { operation });
}
