import { seesAccount } from "../../auth/scopes.ts";
import { cacheable } from "../../engine/cacheability.ts";
import { openAllKnown } from "../../model/stream/stream.ts";
import { type StreamGrant as Grant, isExpired, isUsable } from "../../model/token/token.ts";
import { mapMaybe } from "../../primitives/maybe-promise.ts";
import { holdBatchesFor } from "../batch-hints.ts";
import { builder } from "../builder.ts";
import { encodeGlobalId } from "../global-id.ts";
import { Stream, StreamConnection, Token } from "../refs.ts";
import { grantedStreamPage } from "../stream/granted-streams.ts";
import { PatternCoverage } from "./pattern-coverage.ts";

const GrantCoverage = builder.enumType("GrantCoverage", {
  description: "Whether the gateway knows which streams a grant opens.",
  values: {
    KNOWN: { description: "The grant is a name, or a pattern that the gateway reads as the platform does." },
    RECORDED: {
      description:
        "The gateway can't read the pattern; an operator has recorded with `recordPatternCoverage` which streams it opens.",
    },
    UNKNOWN: {
      description:
        "The gateway can't read the pattern. Checks that protect a stream assume that it opens every name with the pattern's literal beginning; checks that grant access assume that it opens nothing.",
    },
  },
});

const coverageOfState = { READABLE: "KNOWN", RECORDED: "RECORDED", UNREADABLE: "UNKNOWN" } as const;

const StreamGrant = builder.objectRef<Grant>("StreamGrant").implement({
  description: "One entry of a token's list of streams: a stream name, or a pattern for several.",
  fields: (t) => ({
    pattern: t.exposeString("pattern", {
      description:
        "Stream name, or, if `isRegex` is true, a regular expression that must match a whole name. Case-sensitive.",
    }),
    isRegex: t.exposeBoolean("isRegex", {
      description: "Whether `pattern` is a regular expression; otherwise it is a stream name.",
    }),
    isWildcard: t.boolean({
      description:
        "Whether the grant opens every stream of the account: a pattern that matches 95% of possible stream names, or all known streams if there are at least five. Also true for an unreadable pattern that is assumed to cover every name.",
      resolve: (grant, _args, { patternReadings, loaders, caller }) => {
        if (!grant.isRegex) return false;
        if (patternReadings.openAnyName([grant])) return true;
        // A partner's caller knows only the streams that are open to it.
        if (!seesAccount(caller.role)) return false;
        return mapMaybe(loaders.streamNames(), (known) => openAllKnown([grant], known, patternReadings.read));
      },
    }),
    coverage: t.field({
      type: GrantCoverage,
      description: "Whether the gateway knows which streams the grant opens.",
      resolve: ({ pattern, isRegex }, _args, { patternReadings }) =>
        isRegex ? coverageOfState[patternReadings.read(pattern).state] : "KNOWN",
    }),
    recordedCoverage: t.field({
      type: PatternCoverage,
      nullable: true,
      authScopes: { staff: "token:read" },
      description:
        "Streams that the pattern opens, as recorded with `recordPatternCoverage`. Null if nothing is recorded, or the gateway reads the pattern.",
      resolve: ({ pattern, isRegex }, _args, { patternReadings }) =>
        isRegex ? patternReadings.recorded(pattern) : null,
    }),
    streams: t.connection(
      {
        type: Stream,
        nullable: true,
        authScopes: { scope: "stream:read" },
        extensions: cacheable(),
        description:
          "Known streams that the grant opens, sorted by name. Null, with an error, when tokens can't be read.",
        resolve: (grant, args, context, info) =>
          holdBatchesFor(context, info, grantedStreamPage([grant], args, context)),
      },
      StreamConnection,
    ),
  }),
});

Token.implement({
  description:
    "A credential of the platform: a publish token to broadcast streams, or a subscribe token to watch them.",
  resolveType: ({ kind }) => kind,
  fields: (t) => ({
    tokenId: t.expose("id", { type: "SafeInt", description: "Number of the token on the platform." }),
    label: t.exposeString("label", { description: "Name of the token for people." }),
    isActive: t.exposeBoolean("isActive", {
      description: "Whether the token is enabled. An expired token can still be enabled: see `isUsable`.",
    }),
    isUsable: t.boolean({
      description: "Whether the token is enabled and has not expired.",
      resolve: (token, _args, { now }) => isUsable(token, now),
    }),
    isExpired: t.boolean({
      description: "Whether `expiresAt` has passed; false for a token that never expires.",
      resolve: (token, _args, { now }) => isExpired(token, now),
    }),
    addedAt: t.expose("addedAt", { type: "DateTime", description: "Time at which the token was created." }),
    expiresAt: t.expose("expiresAt", {
      type: "DateTime",
      nullable: true,
      description: "Time at which the token expires; null for never. Can't be changed after creation.",
    }),
    grants: t.field({
      type: [StreamGrant],
      description: "Streams that the token opens, by name or by pattern; empty if it opens none.",
      resolve: ({ streams }) => [...streams],
    }),
    allowedOrigins: t.field({
      type: ["String"],
      description: "Domains whose pages may use the token; a leading `*.` includes subdomains. Empty for any.",
      resolve: ({ allowedOrigins }) => [...allowedOrigins],
    }),
    allowedIpAddresses: t.field({
      type: ["String"],
      description: "IPv4 addresses and CIDR blocks that may use the token. Empty for any.",
      resolve: ({ allowedIpAddresses }) => [...allowedIpAddresses],
    }),
    bindIpsOnUsage: t.expose("bindIpsOnUsage", {
      type: "SafeInt",
      description: "Number of IP addresses the token is bound to: the first ones that use it. 0 for no limit.",
    }),
    allowedCountries: t.field({
      type: ["CountryCode"],
      nullable: true,
      authScopes: { staff: "token:read" },
      description:
        "The only countries whose viewers may watch, with the account's rules applied; empty for any. Null, with an error, for a partner's key.",
      resolve: ({ effective }) => [...effective.allowedCountries],
    }),
    deniedCountries: t.field({
      type: ["CountryCode"],
      nullable: true,
      authScopes: { staff: "token:read" },
      description:
        "Countries whose viewers may not watch, with the account's rules applied; empty for none. Null, with an error, for a partner's key.",
      resolve: ({ effective }) => [...effective.deniedCountries],
    }),
    originCluster: t.exposeString("originCluster", {
      nullable: true,
      description: "Id of the cluster the token is set to, or `auto`; null if it follows the account's default.",
    }),
    effectiveOriginCluster: t.string({
      description:
        "Id of the cluster in effect, or `auto`: the token's own or the account's. Publishers and viewers of a stream must share it.",
      resolve: ({ effective }) => effective.originCluster,
    }),
    secret: t.string({
      nullable: true,
      authScopes: { staff: "token:reveal" },
      description:
        "The token string: a secret, to broadcast or watch with, and the signing key if it is a subscribe token. Each read is audited. Null, with an error, without the scope token:reveal.",
      resolve: async ({ kind, id, secret }, _args, { audit }) => {
        await audit.reveal(encodeGlobalId(kind, id), "secret");
        return secret.reveal();
      },
    }),
  }),
});
