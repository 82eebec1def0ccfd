import type { Redactor } from "../model/redactor.ts";
import { Secret } from "../model/secret.ts";
import { addressWithoutSecrets } from "../model/token/restream.ts";
import type { GeoCascade, PublishTokenRecord, RestreamTarget } from "../model/token/token.ts";
import type { components } from "./generated/publish-tokens.ts";
import {
  changesBody,
  createTokenClient,
  type NewToken,
  newTokenBody,
  type TokenChanges,
  type TokenClient,
} from "./token-client.ts";
import { geoCascade, tokenFields } from "./token-wire.ts";
import { boolean, integer, object, optional, optionalList, text } from "./transport/decode.ts";
import type { Http } from "./transport/http-types.ts";

/** Settings of the streams under a publish token; undefined takes the default. */
export interface PublishSettings {
  readonly isSecured?: boolean | undefined;
  readonly isMultisource?: boolean | undefined;
  readonly isRecording?: boolean | undefined;
  readonly isClipping?: boolean | undefined;
  readonly hasThumbnails?: boolean | undefined;
  readonly isLowLatencyRtmp?: boolean | undefined;
  readonly isSrtEncrypted?: boolean | undefined;
  readonly isDrm?: boolean | undefined;
  /** Null takes the account's. */
  readonly isUtcInserted?: boolean | null | undefined;
  /** Null clears it. */
  readonly priority?: number | null | undefined;
  /** Null takes the account's. */
  readonly geoCascade?: GeoCascade | null | undefined;
}

/** Settings of a new publish token. */
export type NewPublishToken = NewToken & PublishSettings;

export type PublishTokenChanges = TokenChanges &
  PublishSettings & {
    /** Replaces all targets. */
    readonly restreams?: readonly RestreamTarget[] | undefined;
  };

/** Outcome of disabling several tokens: one response may report some as disabled and others as refused. */
export interface DisableOutcome {
  readonly disabledIds: readonly number[];
  readonly failures: readonly { readonly id: number; readonly reason: string }[];
}

/** Publish tokens. Every method throws UpstreamError when there is no usable answer. */
export interface PublishTokens extends TokenClient<PublishTokenRecord, NewPublishToken, PublishTokenChanges> {
  /** Disables tokens: running broadcasts continue, new ones are refused. @see PATCH /api/publish_token/disable */
  disable(ids: readonly number[]): Promise<DisableOutcome>;
  /** Applies the current targets of a token to its live streams. @see POST /api/publish_token/{tokenId}/restream/sync */
  syncRestreams(id: number): Promise<void>;
  /** Returns the ids of the tokens that publish the stream now. @see GET /api/publish_token/active */
  active(streamId: string, signal?: AbortSignal): Promise<number[]>;
  /** Returns the ids of all tokens that publish now. @see GET /api/publish_token/active/all */
  activeAll(signal?: AbortSignal): Promise<number[]>;
}

export function createPublishTokens(http: Http): PublishTokens {
  return {
    ...createTokenClient(http, {
      kind: "Publish",
      path: "publish_token",
      decode: publishToken,
      createBody: (token: NewPublishToken): Schemas["CreatePublishTokenV1"] => ({
        ...newTokenBody(token),
        ...settingsBody(token),
      }),
      updateBody: (changes: PublishTokenChanges): Schemas["UpdatePublishTokenV2"] => ({
        ...changesBody(changes),
        ...settingsBody(changes),
        ...(changes.restreams && { restream: changes.restreams.map(wireTarget) }),
      }),
      secretsOf: ({ restreams = [] }) => restreams.flatMap(secretsOfTarget),
    }),
    disable: (ids) =>
      http.write({
        operation: "PublishTokenV1_DisableTokens",
        method: "PATCH",
        path: "/api/publish_token/disable",
        body: { tokenIds: [...ids] } satisfies Schemas["DisableActiveTokenModel"],
        decode: disableOutcome,
      }),
    syncRestreams: (id) =>
      http.write({
        operation: "PublishTokenV1_SyncRestream",
        method: "POST",
        path: `/api/publish_token/${id}/restream/sync`,
        decode: () => undefined,
      }),
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

type Schemas = components["schemas"];

function settingsBody(settings: PublishSettings) {
  const { isSecured, isMultisource, isRecording, isClipping, hasThumbnails, isLowLatencyRtmp } = settings;
  const { isSrtEncrypted, isDrm, isUtcInserted, priority, geoCascade: cascade } = settings;
  return {
    ...(isSecured !== undefined && { subscribeRequiresAuth: isSecured }),
    ...(isMultisource !== undefined && { multisource: isMultisource }),
    ...(isRecording !== undefined && { record: isRecording }),
    ...(isClipping !== undefined && { clip: isClipping }),
    ...(hasThumbnails !== undefined && { enableThumbnails: hasThumbnails }),
    ...(isLowLatencyRtmp !== undefined && { lowLatencyRtmp: isLowLatencyRtmp }),
    ...(isSrtEncrypted !== undefined && { displaySrtPassphrase: isSrtEncrypted }),
    ...(isDrm !== undefined && { drm: isDrm }),
    ...(isUtcInserted !== undefined && { enableUTCInsertion: isUtcInserted }),
    ...(priority !== undefined && { priority }),
    ...(cascade !== undefined && { geoCascade: cascadeBody(cascade) }),
  };
}

/** Returns the secrets of a target: its key, and its URL if that has a password or parameters. */
function secretsOfTarget({ url, key }: RestreamTarget): Secret[] {
  return url !== null && addressWithoutSecrets(url) !== url ? [new Secret(url), key] : [key];
}

function wireTarget({ url, key, label, isEnabled }: RestreamTarget) {
  return { url, key: key.reveal(), enabled: isEnabled, ...(label !== null && { label }) };
}

/** Returns the request's form of a cascade; null resets the token to the account's. */
function cascadeBody(cascade: GeoCascade | null): Schemas["GeoCascadeModel3"] {
  return cascade ? { isEnabled: cascade.isEnabled, clusters: [...cascade.clusters] } : { isEnabled: null };
}

/** Returns null for a setting that is neither on nor off: the token then has none of its own. */
function ownCascade(value: unknown, at: string): GeoCascade | null {
  const wire = object<Schemas["GeoCascadeModel2"]>(value, at);
  return wire.isEnabled == null ? null : geoCascade(value, at);
}

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
    isUtcInserted: optional(wire.enableUTCInsertion, `${at}.enableUTCInsertion`, boolean),
    priority: optional(wire.priority, `${at}.priority`, integer),
    restreams: optionalList(wire.restream, `${at}.restream`, restreamTarget),
    geoCascade: optional(wire.geoCascade, `${at}.geoCascade`, ownCascade),
    isSrtEncrypted: flag(wire.displaySrtPassphrase, "displaySrtPassphrase", Boolean(passphrase)),
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

function disableOutcome(data: unknown, redact: Redactor): DisableOutcome {
  const wire = object<Schemas["DisableTokens"]>(data, "data");
  return {
    disabledIds: optionalList(wire.successfulTokens, "data.successfulTokens", integer),
    failures: optionalList(wire.failedTokens, "data.failedTokens", (failure, at) => {
      const { tokenId, errorMessage } = object<Schemas["FailedToken"]>(failure, at);
      return {
        id: integer(tokenId, `${at}.tokenId`),
        reason: redact(optional(errorMessage, `${at}.errorMessage`, text) ?? "The platform gave no reason."),
      };
    }),
  };
}

function tokenIds(data: unknown): number[] {
  return optionalList(object<Schemas["TokenIdWrapper"]>(data, "data").tokenIds, "data.tokenIds", integer);
}
