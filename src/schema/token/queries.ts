import { cacheable } from "../../engine/cacheability.ts";
import { mapMaybe } from "../../primitives/maybe-promise.ts";
import { builder } from "../builder.ts";
import { pageOf, sortableNumber } from "../connection.ts";
import { PublishToken, PublishTokenConnection, SubscribeToken, SubscribeTokenConnection } from "../refs.ts";
import { findPublishToken, findSubscribeToken, PublishTokenRef, SubscribeTokenRef } from "./find-token.ts";

const TokenFilter = builder.inputType("TokenFilter", {
  description: "Which tokens: those that satisfy every field that is set.",
  fields: (t) => ({
    isActive: t.boolean({ description: "Enabled ones, or disabled ones." }),
    labelContains: t.string({ description: "Those with this text in their label, whatever its case." }),
    streamName: t.string({ description: "Those that open this stream, by name or by pattern." }),
  }),
});

interface Filter {
  readonly isActive?: boolean | null | undefined;
  readonly labelContains?: string | null | undefined;
  readonly streamName?: string | null | undefined;
}

builder.queryFields((t) => ({
  publishToken: t.field({
    type: PublishToken,
    nullable: true,
    authScopes: { staff: "token:read" },
    description: "One publish token.",
    args: { by: t.arg({ type: PublishTokenRef, required: true, description: "Which token." }) },
    resolve: (_root, { by }, context) => findPublishToken(by, "by", context),
  }),
  publishTokens: t.connection(
    {
      type: PublishToken,
      nullable: true,
      authScopes: { staff: "token:read" },
      extensions: cacheable(),
      description: "The account's publish tokens, oldest first.",
      args: { filter: t.arg({ type: TokenFilter, description: "Which tokens; all when it is left out." }) },
      resolve: (_root, { filter, ...page }, { loaders }) =>
        mapMaybe(loaders.tokens(), ({ publish }) => pageOf(chosen(publish, filter ?? {}), sortKey, page)),
    },
    PublishTokenConnection,
  ),
  subscribeToken: t.field({
    type: SubscribeToken,
    nullable: true,
    authScopes: { scope: "token:read" },
    description: "One subscribe token.",
    args: { by: t.arg({ type: SubscribeTokenRef, required: true, description: "Which token." }) },
    resolve: (_root, { by }, context) => findSubscribeToken(by, "by", context),
  }),
  subscribeTokens: t.connection(
    {
      type: SubscribeToken,
      nullable: true,
      authScopes: { scope: "token:read" },
      extensions: cacheable(),
      description: "The account's subscribe tokens, oldest first; a partner sees its own.",
      args: { filter: t.arg({ type: TokenFilter, description: "Which tokens; all when it is left out." }) },
      resolve: (_root, { filter, ...page }, { loaders }) =>
        mapMaybe(loaders.tokens(), ({ subscribe }) => pageOf(chosen(subscribe, filter ?? {}), sortKey, page)),
    },
    SubscribeTokenConnection,
  ),
}));

function sortKey({ id }: { readonly id: number }): string {
  return sortableNumber(id);
}

/** A set of tokens that can be asked for those of one stream. */
interface TokenSet<Token> {
  all(): readonly Token[];
  covering(streamName: string): readonly Token[];
}

function chosen<Token extends { readonly isActive: boolean; readonly label: string }>(
  tokens: TokenSet<Token>,
  { isActive, labelContains, streamName }: Filter,
): readonly Token[] {
  const part = labelContains?.toLowerCase();
  const candidates = streamName == null ? tokens.all() : tokens.covering(streamName);
  if (isActive == null && part === undefined) return candidates;
  return candidates.filter(
    (token) =>
      (isActive == null || token.isActive === isActive) &&
      (part === undefined || token.label.toLowerCase().includes(part)),
  );
}
