import * as z from "zod";
import { publishDraft, subscribeDraft } from "../seed/tokens.ts";
import type { PublishToken, SubscribeToken } from "./token.ts";
import type { TokenRepositories } from "./token-repository.ts";

/**
 * A token with a pattern that the sandbox's own engine does not take, as the platform's dashboard can make it: the platform
 * runs another engine. Which names the pattern opens is said along with it.
 */
export const foreignTokenInput = z.strictObject({
  kind: z.enum(["publish", "subscribe"]),
  label: z.string().min(1).max(128),
  pattern: z.string().min(1).max(128),
  /** The names that the pattern opens. */
  opens: z.array(z.string().min(1).max(128)),
  /** Of a publish token: whether viewers need a token. */
  isSecured: z.boolean().default(false),
  /** Of a subscribe token; none without it. */
  trackingId: z.string().min(1).max(128).nullish(),
  /** The account's default without it. */
  originCluster: z.string().default(""),
});

export type ForeignTokenInput = z.input<typeof foreignTokenInput>;

/** Puts such a token among the others. */
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
