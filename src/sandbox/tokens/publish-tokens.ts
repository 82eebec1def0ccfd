import * as z from "zod";
import { type Account, geoCascadeProblem } from "../account.ts";
import type { Clock } from "../clock.ts";
import { validated } from "../http/body.ts";
import { QueryReader } from "../http/query.ts";
import { fail, invalid, success } from "../http/response.ts";
import type { Route } from "../http/route.ts";
import type { Live } from "../live/live.ts";
import {
  checkCommonRules,
  commonChanges,
  commonCreation,
  commonDraft,
  readChanges,
  withCommonChanges,
} from "./input.ts";
import { listByClusterPage } from "./listing.ts";
import type { GeoCascade, PublishToken, RestreamTarget } from "./token.ts";
import type { Draft, TokenRepository } from "./token-repository.ts";
import { noToken, type TokenKind, tokenOf, tokenRoutes } from "./token-routes.ts";
import { publishTokenWire } from "./wire.ts";

const MAX_RESTREAMS = 10;

const restream = z
  .array(
    z
      .object({
        url: z.string().min(1).max(2048).nullish(),
        key: z.string().min(5).max(512),
        label: z.string().max(2048).nullish(),
        enabled: z.boolean().nullish(),
      })
      .transform(
        ({ url, key, label, enabled }): RestreamTarget => ({
          url: url ?? null,
          key,
          label: label ?? null,
          enabled: enabled ?? true,
        }),
      ),
  )
  .max(MAX_RESTREAMS)
  .nullish();

/** Without `isEnabled` the account's setting applies, whatever the clusters. */
const geoCascade = z
  .object({ isEnabled: z.boolean().nullish(), clusters: z.array(z.string()).nullish() })
  .transform(({ isEnabled, clusters }): GeoCascade | "as the account" =>
    isEnabled === undefined || isEnabled === null ? "as the account" : { isEnabled, clusters: clusters ?? ["all"] },
  )
  .nullish();

const settings = {
  subscribeRequiresAuth: z.boolean().nullish(),
  record: z.boolean().nullish(),
  clip: z.boolean().nullish(),
  multisource: z.boolean().nullish(),
  enableThumbnails: z.boolean().nullish(),
  lowLatencyRtmp: z.boolean().nullish(),
  displaySrtPassphrase: z.boolean().nullish(),
  drm: z.boolean().nullish(),
  enableUTCInsertion: z.boolean().nullish(),
  geoCascade,
  restream,
  priority: z.int32().nullish(),
  encoderProfileId: z.string().nullish(),
};

const creation = z.object({ ...commonCreation, ...settings });
const changes = z.object({ ...commonChanges, ...settings });

/**
 * Creates the routes of publish tokens.
 *
 * Expiry and disabling stop no broadcast, but prevent new ones; deleting ends the token's streams at once.
 *
 * @see /api/publish_token and /api/v2/publish_token
 */
export function publishTokenRoutes(
  repository: TokenRepository<PublishToken>,
  account: Account,
  live: Live,
  clock: Clock,
): Route[] {
  const kind: TokenKind<PublishToken> = {
    noun: "publish",
    repository,
    create(body) {
      const input = validated(creation, body);
      const draft: Draft<PublishToken> = {
        ...commonDraft(input, clock.now(), account.defaultCluster),
        subscribeRequiresAuth: input.subscribeRequiresAuth ?? false,
        record: input.record ?? false,
        clip: input.clip ?? false,
        multisource: input.multisource ?? true,
        enableThumbnails: input.enableThumbnails ?? false,
        lowLatencyRtmp: input.lowLatencyRtmp ?? true,
        displaySrtPassphrase: input.displaySrtPassphrase ?? false,
        drm: input.drm ?? false,
        enableUTCInsertion: input.enableUTCInsertion ?? null,
        geoCascade: cascadeOf(input.geoCascade, null),
        restream: withUrls(input.restream ?? [], []),
        priority: input.priority ?? null,
        encoderProfileId: input.encoderProfileId ?? null,
      };
      checkRules(draft);
      return repository.add(draft);
    },
    update(token, body, version) {
      const input = readChanges(changes, body, version);
      const next: PublishToken = {
        ...withCommonChanges(token, input),
        subscribeRequiresAuth: input.subscribeRequiresAuth ?? token.subscribeRequiresAuth,
        record: input.record ?? token.record,
        clip: input.clip ?? token.clip,
        multisource: input.multisource ?? token.multisource,
        enableThumbnails: input.enableThumbnails ?? token.enableThumbnails,
        lowLatencyRtmp: input.lowLatencyRtmp ?? token.lowLatencyRtmp,
        displaySrtPassphrase: input.displaySrtPassphrase ?? token.displaySrtPassphrase,
        drm: input.drm ?? token.drm,
        geoCascade: cascadeOf(input.geoCascade, token.geoCascade),
        restream: input.restream ? withUrls(input.restream, token.restream) : token.restream,
        // Null clears these three: the account's setting applies, or none.
        enableUTCInsertion:
          input.enableUTCInsertion === undefined ? token.enableUTCInsertion : input.enableUTCInsertion,
        priority: input.priority === undefined ? token.priority : input.priority,
        encoderProfileId: input.encoderProfileId === undefined ? token.encoderProfileId : input.encoderProfileId,
      };
      checkRules(next);
      if (next.record !== token.record && live.liveFeeds().some(({ tokenId }) => tokenId === token.id)) {
        throw fail({ record: "Record cannot be changed while the token is live." });
      }
      const stored = repository.replace(next);
      return input.refreshToken ? repository.refresh(stored) : stored;
    },
    removed: ({ id }) => void live.endFeeds((feed) => feed.tokenId === id),
    wire: (token, form) => publishTokenWire(token, account, form),
  };

  return [
    ...tokenRoutes(kind),
    {
      method: "GET",
      path: "/api/publish_token/list_by_cluster",
      operationId: "PublishTokenV1_ListTokensByCluster",
      access: "api secret",
      handle: ({ query }) =>
        success(
          listByClusterPage(repository.all(), query).map((token) => kind.wire(token, { version: 1, isFresh: false })),
        ),
    },
    {
      method: "GET",
      path: "/api/publish_token/active",
      operationId: "PublishTokenV1_GetActiveTokenByStreamId",
      access: "api secret",
      handle({ query }) {
        const reader = new QueryReader(query);
        const streamId = reader.required("streamId");
        reader.done();
        const feeds = live.liveFeeds().filter(({ streamName }) => `${account.accountId}/${streamName}` === streamId);
        return success({ tokenIds: tokenIdsOf(feeds) });
      },
    },
    {
      method: "GET",
      path: "/api/publish_token/active/all",
      operationId: "PublishTokenV1_GetAllActiveTokensByAccount",
      access: "api secret",
      handle: () => success({ tokenIds: tokenIdsOf(live.liveFeeds()) }),
    },
    {
      method: "PATCH",
      path: "/api/publish_token/disable",
      operationId: "PublishTokenV1_DisableTokens",
      access: "api secret",
      body: "json",
      handle: ({ body }) => success(disable(validated(z.object({ tokenIds: z.array(z.int()).min(1) }), body).tokenIds)),
    },
    {
      method: "POST",
      path: "/api/publish_token/{tokenId}/restream/sync",
      operationId: "PublishTokenV1_SyncRestream",
      access: "api secret",
      handle(call) {
        live.syncRestreams(tokenOf(kind, call));
        return success(true);
      },
    },
  ];

  /** Some tokens may fail inside a success. */
  function disable(tokenIds: readonly number[]) {
    const tokens = tokenIds.map((tokenId) => ({ tokenId, token: repository.byId(tokenId) }));
    for (const { token } of tokens) if (token) repository.replace({ ...token, isActive: false });
    return {
      successfulTokens: tokens.filter(({ token }) => token).map(({ tokenId }) => tokenId),
      failedTokens: tokens
        .filter(({ token }) => !token)
        .map(({ tokenId }) => ({ tokenId, errorMessage: noToken("publish", tokenId) })),
    };
  }
}

function tokenIdsOf(feeds: readonly { readonly tokenId: number }[]): readonly number[] {
  return [...new Set(feeds.map(({ tokenId }) => tokenId))].sort((a, b) => a - b);
}

function cascadeOf(input: z.output<typeof geoCascade>, otherwise: GeoCascade | null): GeoCascade | null {
  return input === "as the account" ? null : (input ?? otherwise);
}

/** v2 accepts a target without its URL, which keeps the URL that the token has under the same key. */
function withUrls(targets: readonly RestreamTarget[], present: readonly RestreamTarget[]): readonly RestreamTarget[] {
  return targets.map((target, index) => {
    const url = target.url ?? present.find(({ key }) => key === target.key)?.url;
    if (!url) throw invalid({ [`restream[${index}].url`]: ["The url field is required for a new target."] });
    return { ...target, url };
  });
}

function checkRules(token: Draft<PublishToken>): void {
  checkCommonRules(token);
  if (token.record && token.clip) throw invalid({ clip: ["Clip cannot be true while record is true."] });
  const problem = token.geoCascade ? geoCascadeProblem(token.geoCascade) : undefined;
  if (problem) throw fail({ message: problem });
}
