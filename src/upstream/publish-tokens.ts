import { Secret } from "../model/secret.ts";
import type { GeoCascade, PublishTokenRecord, RestreamTarget, StreamGrant } from "../model/token.ts";
import { boolean, integer, list, object, optional, optionalList, text } from "./decode.ts";
import type { components } from "./generated/publish-tokens.ts";
import type { Http } from "./http.ts";
import { geoCascade, tokenFields } from "./token-wire.ts";
import { isUnknownToken, type ListPage, listQuery, type TokenChanges, updateBody } from "./tokens.ts";

/** What a publish token switches on or off for its streams; what is undefined is left to the default. */
export interface PublishSettings {
  readonly isSecured?: boolean | undefined;
  readonly isMultisource?: boolean | undefined;
  readonly isRecording?: boolean | undefined;
  readonly isClipping?: boolean | undefined;
  readonly hasThumbnails?: boolean | undefined;
  readonly isLowLatencyRtmp?: boolean | undefined;
  readonly isSrtEncrypted?: boolean | undefined;
  /** Null clears it. */
  readonly priority?: number | null | undefined;
  readonly geoCascade?: GeoCascade | undefined;
}

/** What a new publish token is made of. */
export interface NewPublishToken extends PublishSettings {
  readonly label: string;
  readonly streams: readonly StreamGrant[];
  /** From now; undefined for a token that never expires. It can't be changed later. */
  readonly expiresInSeconds?: number | undefined;
  readonly originCluster?: string | undefined;
  readonly allowedOrigins?: readonly string[] | undefined;
  readonly allowedIpAddresses?: readonly string[] | undefined;
  readonly bindIpsOnUsage?: number | undefined;
  readonly allowedCountries?: readonly string[] | undefined;
  readonly deniedCountries?: readonly string[] | undefined;
}

export type PublishTokenChanges = TokenChanges & PublishSettings;

/** The outcome of disabling many: the platform may do some and refuse others in one answer. */
export interface DisableOutcome {
  readonly disabledIds: readonly number[];
  readonly failures: readonly { readonly id: number; readonly reason: string }[];
}

/** Publish tokens. Every method throws UpstreamError when there is no usable answer. */
export interface PublishTokens {
  /** One page of all tokens, by age; an empty page is the end. @see GET /api/publish_token/list */
  list(page: ListPage, signal?: AbortSignal): Promise<PublishTokenRecord[]>;
  /** Null for an id that the account does not have. @see GET /api/publish_token/{tokenId} */
  read(id: number, signal?: AbortSignal): Promise<PublishTokenRecord | null>;
  /** Not idempotent: each call makes a token. @see POST /api/publish_token */
  create(token: NewPublishToken): Promise<PublishTokenRecord>;
  /** @see PUT /api/v2/publish_token/{tokenId} */
  update(id: number, changes: PublishTokenChanges): Promise<PublishTokenRecord>;
  /** Running broadcasts go on; new ones are refused. @see PATCH /api/publish_token/disable */
  disable(ids: readonly number[]): Promise<DisableOutcome>;
  /** Ends the token's broadcasts at once. @see DELETE /api/publish_token/{tokenId} */
  delete(id: number): Promise<void>;
  /** Ids of the tokens that publish the stream now. @see GET /api/publish_token/active */
  active(streamId: string, signal?: AbortSignal): Promise<number[]>;
  /** Ids of all tokens that publish now. @see GET /api/publish_token/active/all */
  activeAll(signal?: AbortSignal): Promise<number[]>;
}

export function createPublishTokens(http: Http): PublishTokens {
  return {
    list: (page, signal) =>
      http.read({
        operation: "PublishTokenV1_ListTokens",
        path: "/api/publish_token/list",
        query: listQuery(page),
        decode: (data) => list(data, "data", publishToken),
        signal,
      }),
    read: async (id, signal) => {
      try {
        return await http.read({
          operation: "PublishTokenV1_ReadToken",
          path: `/api/publish_token/${id}`,
          decode: (data) => publishToken(data, "data"),
          signal,
        });
      } catch (error) {
        if (isUnknownToken(error)) return null;
        throw error;
      }
    },
    create: (token) =>
      http.write({
        operation: "PublishTokenV1_CreateToken",
        method: "POST",
        path: "/api/publish_token",
        body: createBody(token),
        decode: (data) => publishToken(data, "data"),
      }),
    update: (id, changes) =>
      http.write({
        operation: "PublishTokenV2_UpdateToken",
        method: "PUT",
        path: `/api/v2/publish_token/${id}`,
        body: {
          ...updateBody(changes),
          ...settingsBody(changes),
        } satisfies components["schemas"]["UpdatePublishTokenV2"],
        decode: (data) => publishToken(data, "data"),
      }),
    disable: (ids) =>
      http.write({
        operation: "PublishTokenV1_DisableTokens",
        method: "PATCH",
        path: "/api/publish_token/disable",
        body: { tokenIds: [...ids] } satisfies components["schemas"]["DisableActiveTokenModel"],
        decode: disableOutcome,
      }),
    delete: async (id) => {
      await http.write({
        operation: "PublishTokenV1_DeleteToken",
        method: "DELETE",
        path: `/api/publish_token/${id}`,
        decode: () => undefined,
      });
    },
    active: (streamId, signal) =>
      http.read({
        operation: "PublishTokenV1_GetActiveTokenByStreamId",
        path: "/api/publish_token/active",
        query: { streamId },
        decode: tokenIds,
        signal,
      }),
    activeAll: (signal) =>
      http.read({
        operation: "PublishTokenV1_GetAllActiveTokensByAccount",
        path: "/api/publish_token/active/all",
        decode: tokenIds,
        signal,
      }),
  };
}

function createBody(token: NewPublishToken): components["schemas"]["CreatePublishTokenV1"] {
  const { label, streams, expiresInSeconds, originCluster, bindIpsOnUsage } = token;
  const { allowedOrigins, allowedIpAddresses, allowedCountries, deniedCountries } = token;
  return {
    label,
    streams: streams.map(({ pattern, isRegex }) => ({ streamName: pattern, isRegex })),
    ...settingsBody(token),
    ...(expiresInSeconds !== undefined && { expires: expiresInSeconds }),
    ...(originCluster !== undefined && { originCluster }),
    ...(bindIpsOnUsage !== undefined && { bindIpsOnUsage }),
    ...(allowedOrigins && { allowedOrigins: [...allowedOrigins] }),
    ...(allowedIpAddresses && { allowedIpAddresses: [...allowedIpAddresses] }),
    ...(allowedCountries && { allowedCountries: [...allowedCountries] }),
    ...(deniedCountries && { deniedCountries: [...deniedCountries] }),
  };
}

function settingsBody(settings: PublishSettings) {
  const { isSecured, isMultisource, isRecording, isClipping, hasThumbnails, isLowLatencyRtmp } = settings;
  const { isSrtEncrypted, priority, geoCascade: cascade } = settings;
  return {
    ...(isSecured !== undefined && { subscribeRequiresAuth: isSecured }),
    ...(isMultisource !== undefined && { multisource: isMultisource }),
    ...(isRecording !== undefined && { record: isRecording }),
    ...(isClipping !== undefined && { clip: isClipping }),
    ...(hasThumbnails !== undefined && { enableThumbnails: hasThumbnails }),
    ...(isLowLatencyRtmp !== undefined && { lowLatencyRtmp: isLowLatencyRtmp }),
    ...(isSrtEncrypted !== undefined && { displaySrtPassphrase: isSrtEncrypted }),
    ...(priority !== undefined && { priority }),
    ...(cascade && { geoCascade: { isEnabled: cascade.isEnabled, clusters: [...cascade.clusters] } }),
  };
}

type Schemas = components["schemas"];

function publishToken(value: unknown, at: string): PublishTokenRecord {
  const wire = object<Schemas["PublishTokenResponseV1"]>(value, at);
  const flag = (field: unknown, name: string, byDefault: boolean) =>
    optional(field, `${at}.${name}`, boolean) ?? byDefault;
  const passphrase = optional(wire.srtPassphrase, `${at}.srtPassphrase`, text);
  return {
    kind: "PublishToken",
    ...tokenFields(value, at),
    isSecured: flag(wire.subscribeRequiresAuth, "subscribeRequiresAuth", false),
    isMultisource: flag(wire.multisource, "multisource", true),
    isRecording: flag(wire.record, "record", false),
    isClipping: flag(wire.clip, "clip", false),
    hasThumbnails: flag(wire.enableThumbnails, "enableThumbnails", false),
    isLowLatencyRtmp: flag(wire.lowLatencyRtmp, "lowLatencyRtmp", true),
    isDrm: flag(wire.drm, "drm", false),
    priority: optional(wire.priority, `${at}.priority`, integer),
    restreams: optionalList(wire.restream, `${at}.restream`, restreamTarget),
    geoCascade: optional(wire.geoCascade, `${at}.geoCascade`, geoCascade),
    srtPassphrase: passphrase ? new Secret(passphrase) : null,
  };
}

function restreamTarget(value: unknown, at: string): RestreamTarget {
  const wire = object<Schemas["RestreamModel2"]>(value, at);
  return {
    label: optional(wire.label, `${at}.label`, text),
    url: optional(wire.url, `${at}.url`, text),
    key: new Secret(text(wire.key, `${at}.key`)),
    isEnabled: optional(wire.enabled, `${at}.enabled`, boolean) ?? true,
  };
}

function disableOutcome(data: unknown): DisableOutcome {
  const wire = object<Schemas["DisableTokens"]>(data, "data");
  return {
    disabledIds: optionalList(wire.successfulTokens, "data.successfulTokens", integer),
    failures: optionalList(wire.failedTokens, "data.failedTokens", (failure, at) => {
      const { tokenId, errorMessage } = object<Schemas["FailedToken"]>(failure, at);
      return {
        id: integer(tokenId, `${at}.tokenId`),
        reason: optional(errorMessage, `${at}.errorMessage`, text) ?? "The platform gave no reason.",
      };
    }),
  };
}

function tokenIds(data: unknown): number[] {
  return optionalList(object<Schemas["TokenIdWrapper"]>(data, "data").tokenIds, "data.tokenIds", integer);
}
