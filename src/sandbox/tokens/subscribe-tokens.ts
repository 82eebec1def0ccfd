import * as z from "zod";
import type { Account } from "../account.ts";
import type { Clock } from "../clock.ts";
import { validated } from "../http/body.ts";
import type { Route } from "../http/route.ts";
import {
  checkCommonRules,
  commonChanges,
  commonCreation,
  commonDraft,
  readChanges,
  withCommonChanges,
} from "./input.ts";
import type { SubscribeToken } from "./token.ts";
import type { TokenRepository } from "./token-repository.ts";
import { tokenRoutes } from "./token-routes.ts";
import { subscribeTokenWire } from "./wire.ts";

const creation = z.object({
  ...commonCreation,
  tracking: z.object({ trackingId: z.string().max(128).nullish() }).nullish(),
});

/** Neither expiry nor tracking id can be changed. */
const changes = z.object(commonChanges);

/**
 * Creates the routes of subscribe tokens.
 *
 * Disabling, deletion and expiry end no viewer's connection: tokens are checked when a viewer connects.
 *
 * @see /api/subscribe_token and /api/v2/subscribe_token
 */
export function subscribeTokenRoutes(
  repository: TokenRepository<SubscribeToken>,
  account: Account,
  clock: Clock,
): Route[] {
  return tokenRoutes<SubscribeToken>({
    noun: "subscribe",
    repository,
    create(body) {
      const input = validated(creation, body);
      const draft = {
        ...commonDraft(input, clock.now(), account.defaultCluster),
        trackingId: input.tracking?.trackingId || null,
      };
      checkCommonRules(draft);
      return repository.add(draft);
    },
    update(token, body, version) {
      const input = readChanges(changes, body, version);
      const next = withCommonChanges(token, input);
      checkCommonRules(next);
      const stored = repository.replace(next);
      return input.refreshToken ? repository.refresh(stored) : stored;
    },
    removed: () => {},
    wire: (token, form) => subscribeTokenWire(token, account, form),
  });
}
