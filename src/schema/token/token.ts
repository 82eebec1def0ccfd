import { seesAccount } from "../../auth/scopes.ts";
import { openAllKnown } from "../../model/stream/stream.ts";
import { type StreamGrant as Grant, isExpired, isUsable } from "../../model/token/token.ts";
import { mapMaybe } from "../../primitives/maybe-promise.ts";
import { holdBatchesFor } from "../batch-hints.ts";
import { builder } from "../builder.ts";
import { encodeGlobalId } from "../global-id.ts";
import { Stream, StreamConnection, Token } from "../refs.ts";
import { grantedStreamPage } from "../stream/granted-streams.ts";

const GrantCoverage = builder.enumType("GrantCoverage", {
  description: "Whether it is known which streams a grant opens.",
  values: {
    KNOWN: { description: "The grant is a name, or a pattern that the gateway reads as the platform does." },
    RECORDED: {
      description:
        "The gateway can't read the pattern; an operator has recorded by recordPatternCoverage what it opens.",
    },
    UNKNOWN: {
      description:
        "The gateway can't read the pattern. Checks that protect a stream count the grant as covering every name with the pattern's literal beginning; checks that grant something count it as opening nothing.",
    },
  },
});

const coverageOfState = { READABLE: "KNOWN", RECORDED: "RECORDED", UNREADABLE: "UNKNOWN" } as const;

export const StreamGrant = builder.objectRef<Grant>("StreamGrant").implement({
  description: "One entry of a token's list of streams.",
  fields: (t) => ({
    pattern: t.exposeString("pattern", {
      description: "A stream name, or a regular expression that a whole name must match, with its case.",
    }),
    isRegex: t.exposeBoolean("isRegex", { description: "Whether it is a regular expression." }),
    isWildcard: t.boolean({
      description:
        "Whether it opens every stream of the account: it is a pattern that opens 95 % of stream names in general, or all known streams where there are five or more. Also true for a pattern that the gateway can't read and that counts as covering every name.",
      resolve: (grant, _args, { patternReadings, loaders, caller }) => {
        if (!grant.isRegex) return false;
        if (patternReadings.openAnyName([grant])) return true;
        // A partner's caller knows only what is open to it.
        if (!seesAccount(caller.role)) return false;
        return mapMaybe(loaders.streamNames(), (known) => openAllKnown([grant], known, patternReadings.read));
      },
    }),
    coverage: t.field({
      type: GrantCoverage,
      description: "Whether it is known which streams it opens.",
      resolve: ({ pattern, isRegex }, _args, { patternReadings }) =>
        isRegex ? coverageOfState[patternReadings.read(pattern).state] : "KNOWN",
    }),
    streams: t.connection(
      {
        type: Stream,
        nullable: true,
        authScopes: { scope: "stream:read" },
        description: "Streams that it opens, as far as they are known by name, sorted.",
        resolve: (grant, args, context, info) =>
          holdBatchesFor(context, info, grantedStreamPage([grant], args, context)),
      },
      StreamConnection,
    ),
  }),
});

/** What publish and subscribe tokens have in common. */
Token.implement({
  description: "A credential of the platform that stands for streams: for broadcasting them, or for watching them.",
  resolveType: ({ kind }) => kind,
  fields: (t) => ({
    tokenId: t.exposeInt("id", { description: "Its number on the platform." }),
    label: t.exposeString("label", { description: "What people call it." }),
    isActive: t.exposeBoolean("isActive", { description: "Whether it is enabled. An expired token can still be." }),
    isUsable: t.boolean({
      description: "Whether it is enabled and has not expired.",
      resolve: (token, _args, { now }) => isUsable(token, now),
    }),
    isExpired: t.boolean({
      description: "Whether its time is over.",
      resolve: (token, _args, { now }) => isExpired(token, now),
    }),
    addedAt: t.expose("addedAt", { type: "DateTime", description: "When it was made." }),
    expiresAt: t.expose("expiresAt", {
      type: "DateTime",
      nullable: true,
      description: "When its time is over; null for never. It can't be changed.",
    }),
    grants: t.field({
      type: [StreamGrant],
      description: "The streams it stands for.",
      resolve: ({ streams }) => [...streams],
    }),
    allowedOrigins: t.field({
      type: ["String"],
      description: "Domains whose pages may use it, `*.` in front for subdomains; empty for any.",
      resolve: ({ allowedOrigins }) => [...allowedOrigins],
    }),
    allowedIpAddresses: t.field({
      type: ["String"],
      description: "IPv4 addresses and CIDR blocks that may use it; empty for any.",
      resolve: ({ allowedIpAddresses }) => [...allowedIpAddresses],
    }),
    bindIpsOnUsage: t.exposeInt("bindIpsOnUsage", {
      description: "Binds it to the first so many addresses that use it; 0 for no binding.",
    }),
    allowedCountries: t.field({
      type: ["CountryCode"],
      nullable: true,
      authScopes: { staff: "token:read" },
      description: "Countries whose viewers may watch, after the account's rules are applied; empty for any.",
      resolve: ({ effective }) => [...effective.allowedCountries],
    }),
    deniedCountries: t.field({
      type: ["CountryCode"],
      nullable: true,
      authScopes: { staff: "token:read" },
      description: "Countries whose viewers may not watch, after the account's rules are applied.",
      resolve: ({ effective }) => [...effective.deniedCountries],
    }),
    originCluster: t.exposeString("originCluster", {
      nullable: true,
      description: "The cluster that it names; null where it takes the account's.",
    }),
    effectiveOriginCluster: t.string({
      description: "The cluster that holds for it. Publishers and viewers of a stream must share it.",
      resolve: ({ effective }) => effective.originCluster,
    }),
    secret: t.string({
      nullable: true,
      authScopes: { staff: "token:reveal" },
      description:
        "The token string itself. Whoever has it can use it, and sign with it if it is a subscribe token. Each reading is audited.",
      resolve: async ({ kind, id, secret }, _args, { audit }) => {
        await audit.reveal(encodeGlobalId(kind, id), "secret");
        return secret.reveal();
      },
    }),
  }),
});
