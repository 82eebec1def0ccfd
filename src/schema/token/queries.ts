import { cacheable } from "../../engine/cacheability.ts";
import { mapMaybe } from "../../primitives/maybe-promise.ts";
import { builder } from "../builder.ts";
import { pageOf, sortableNumber } from "../connection.ts";
import { findEach } from "../find-each.ts";
import { PublishToken, PublishTokenConnection, SubscribeToken, SubscribeTokenConnection } from "../refs.ts";
import { findPublishToken, findSubscribeToken, PublishTokenRef, SubscribeTokenRef } from "./find-token.ts";

const TokenFilter = builder.inputType("TokenFilter", {
  description: "Filter of tokens: only those that match every field that is set.",
  fields: (t) => ({
    isActive: t.boolean({
      description: "True for enabled tokens only, false for disabled ones only. Defaults to both.",
    }),
    labelContains: t.string({
      description: "Only tokens with this text in their label, ignoring case. Defaults to any label.",
    }),
    streamName: t.string({
      description: "Only tokens that open this stream, by name or by pattern. Defaults to any stream.",
    }),
  }),
});

interface Filter {
  readonly isActive?: boolean | null | undefined;
  readonly labelContains?: string | null | undefined;
  readonly streamName?: string | null | undefined;
}

const tokenIdArgs = builder.args((t) => ({
  tokenIds: t.field({
    type: ["SafeInt"],
    required: true,
    description: "Numbers of the tokens on the platform, at most 100. `nodes` finds tokens by their global ids.",
  }),
}));

builder.queryFields((t) => ({
  publishToken: t.field({
    type: PublishToken,
    nullable: true,
    authScopes: { staff: "token:read" },
    extensions: cacheable(),
    description: "One publish token; null, with an error, if the account has none such.",
    args: { by: t.arg({ type: PublishTokenRef, required: true, description: "The token to read, by id." }) },
    resolve: (_root, { by }, context) => findPublishToken(by, "by", context),
  }),
  publishTokensById: t.field({
    type: [PublishToken],
    nullable: { list: true, items: true },
    authScopes: { staff: "token:read" },
    description:
      "Several publish tokens by number, in the order of `tokenIds`: null for a number that no publish token of the account has, and null with an error for a token that cannot be read. The whole list is null, with an error, if the caller may not read tokens.",
    args: tokenIdArgs,
    resolve: (_root, { tokenIds }, context) =>
      findEach(tokenIds, "tokenIds", (tokenId, argument) => findPublishToken({ tokenId }, argument, context)),
  }),
  publishTokens: t.connection(
    {
      type: PublishToken,
      nullable: true,
      authScopes: { staff: "token:read" },
      extensions: cacheable(),
      description: "The account's publish tokens, oldest first. Null, with an error, when the platform can't be read.",
      args: { filter: t.arg({ type: TokenFilter, description: "Only tokens that match. Defaults to all." }) },
      resolve: (_root, { filter, ...page }, { loaders }) =>
        mapMaybe(loaders.tokens(), ({ publish }) => pageOf(matching(publish, filter ?? {}), sortKey, page)),
    },
    PublishTokenConnection,
  ),
  subscribeToken: t.field({
    type: SubscribeToken,
    nullable: true,
    authScopes: { scope: "token:read" },
    extensions: cacheable(),
    description: "One subscribe token; null, with an error, if it is not found or belongs to another partner.",
    args: { by: t.arg({ type: SubscribeTokenRef, required: true, description: "The token to read, by id." }) },
    resolve: (_root, { by }, context) => findSubscribeToken(by, "by", context),
  }),
  subscribeTokensById: t.field({
    type: [SubscribeToken],
    nullable: { list: true, items: true },
    authScopes: { scope: "token:read" },
    description:
      "Several subscribe tokens by number, in the order of `tokenIds`: null for a number under which the caller finds no subscribe token, and null with an error for a token that cannot be read. The whole list is null, with an error, if the caller may not read tokens.",
    args: tokenIdArgs,
    resolve: (_root, { tokenIds }, context) =>
      findEach(tokenIds, "tokenIds", (tokenId, argument) => findSubscribeToken({ tokenId }, argument, context)),
  }),
  subscribeTokens: t.connection(
    {
      type: SubscribeToken,
      nullable: true,
      authScopes: { scope: "token:read" },
      extensions: cacheable(),
      description:
        "The account's subscribe tokens, oldest first; a partner sees only its own. Null, with an error, when the platform can't be read.",
      args: { filter: t.arg({ type: TokenFilter, description: "Only tokens that match. Defaults to all." }) },
      resolve: (_root, { filter, ...page }, { loaders }) =>
        mapMaybe(loaders.tokens(), ({ subscribe }) => pageOf(matching(subscribe, filter ?? {}), sortKey, page)),
    },
    SubscribeTokenConnection,
  ),
}));

function sortKey({ id }: { readonly id: number }): string {
  return sortableNumber(id);
}

/** Tokens of one kind, searchable by stream. */
interface TokenSet<Token> {
  all(): readonly Token[];
  covering(streamName: string): readonly Token[];
}

function matching<Token extends { readonly isActive: boolean; readonly label: string }>(
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
