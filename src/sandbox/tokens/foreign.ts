import * as z from "zod";
import { publishDraft, subscribeDraft } from "../seed/tokens.ts";
import type { PublishToken, SubscribeToken } from "./token.ts";
import type { TokenRepositories } from "./token-repository.ts";

/**
 * A token with a pattern that the sandbox's engine rejects.
 *
 * The platform's dashboard can create such tokens, as its engine is another: so the names that the pattern opens are
 * given with it.
 */
export const foreignTokenInput = z.strictObject({
  kind: z.enum(["publish", "subscribe"]),
  label: z.string().min(1).max(128),
  pattern: z.string().min(1).max(128),
  /** Names that the pattern opens. */
  opens: z.array(z.string().min(1).max(128)),
  /** Whether viewers need a token; for a publish token. */
  isSecured: z.boolean().default(false),
  /** Tracking id of a subscribe token; none by default. */
  trackingId: z.string().min(1).max(128).nullish(),
  /** Defaults to the account's default cluster. */
  originCluster: z.string().default(""),
});

export type ForeignTokenInput = z.input<typeof foreignTokenInput>;

/** Adds such a token to the others. */
export function addForeignToken(
  tokens: TokenRepositories,
  { kind, label, pattern, opens, isSecured, trackingId, originCluster }: z.output<typeof foreignTokenInput>,
  { now, defaultCluster }: { readonly now: number; readonly defaultCluster: string },
): PublishToken | SubscribeToken {
  const common = {
    label,
    streams: [{ streamName: pattern, isRegex: true, opens }],
    addedAt: now,
    originCluster,
    inheritedCluster: defaultCluster,
  };
  return kind === "publish"
    ? tokens.publish.add(publishDraft({ ...common, subscribeRequiresAuth: isSecured }))
    : tokens.subscribe.add(subscribeDraft({ ...common, trackingId: trackingId ?? null }));
}
