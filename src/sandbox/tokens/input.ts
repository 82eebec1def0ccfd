import * as z from "zod";
import { countryCode } from "../account.ts";
import { isCluster } from "../cluster.ts";
import { isAddressOrBlock } from "../director/restrictions.ts";
import { fieldErrorsOf } from "../http/body.ts";
import { type FieldErrors, fail, invalid } from "../http/response.ts";
import { type Grant, patternProblem, type TokenRecord } from "./token.ts";
import type { Draft } from "./token-repository.ts";

/** Fields of tokens as clients send them, common to both kinds, and the rules between them. */

const MAX_INT32 = 2_147_483_647;
const MAX_UINT32 = 4_294_967_295;

const label = z.string().min(1).max(128);

const grant = z
  .object({ streamName: z.string().min(1).max(128), isRegex: z.boolean().nullish() })
  .transform(({ streamName, isRegex }): Grant => ({ streamName, isRegex: isRegex ?? false }))
  .superRefine(({ streamName, isRegex }, context) => {
    const problem = isRegex ? patternProblem(streamName) : undefined;
    if (!problem) return;
    context.addIssue({ code: "custom", path: ["streamName"], message: `Invalid regular expression: ${problem}` });
  });

const addressOrBlock = z.string().refine(isAddressOrBlock, {
  error: "Only IPv4 addresses and CIDR blocks are supported.",
});

/** Empty stands for the account's default. */
const originCluster = z.string().refine((id) => id === "" || isCluster(id), { error: "Unknown cluster." });

const restrictions = {
  allowedOrigins: z.array(z.string().min(1)).nullish(),
  allowedIpAddresses: z.array(addressOrBlock).nullish(),
  bindIpsOnUsage: z.int().min(0).max(MAX_UINT32).nullish(),
  originCluster: originCluster.nullish(),
  allowedCountries: z.array(countryCode).nullish(),
  deniedCountries: z.array(countryCode).nullish(),
};

/** Fields of a creation. */
export const commonCreation = {
  label,
  expires: z.int().min(1).max(MAX_INT32).nullish(),
  streams: z.array(grant).min(1),
  ...restrictions,
};

/** Fields of an update, in the names of v2. */
export const commonChanges = {
  label: label.nullish(),
  isActive: z.boolean().nullish(),
  refreshToken: z.boolean().nullish(),
  addTokenStreams: z.array(grant).nullish(),
  removeTokenStreams: z.array(z.string()).nullish(),
  ...restrictions,
};

type CommonCreation = z.output<z.ZodObject<typeof commonCreation>>;
type CommonChanges = z.output<z.ZodObject<typeof commonChanges>>;

/** Returns the common part of a new token. */
export function commonDraft(input: CommonCreation, now: number, inheritedCluster: string): Draft<TokenRecord> {
  return {
    label: input.label,
    addedAt: now,
    expiresAt: input.expires ? Math.floor(now / 1000) * 1000 + input.expires * 1000 : null,
    isActive: true,
    streams: input.streams,
    allowedOrigins: input.allowedOrigins ?? [],
    allowedIpAddresses: input.allowedIpAddresses ?? [],
    bindIpsOnUsage: input.bindIpsOnUsage || null,
    originCluster: input.originCluster ?? "",
    inheritedCluster,
    allowedCountries: input.allowedCountries ?? [],
    deniedCountries: input.deniedCountries ?? [],
  };
}

/** Returns a token with the common changes. Null or absent fields stay; 0 turns `bindIpsOnUsage` off. */
export function withCommonChanges<T extends TokenRecord>(token: T, changes: CommonChanges): T {
  const removed = new Set(changes.removeTokenStreams ?? []);
  const remaining = token.streams.filter(({ streamName }) => !removed.has(streamName));
  const added = (changes.addTokenStreams ?? []).filter(
    (grant) =>
      !remaining.some(({ streamName, isRegex }) => streamName === grant.streamName && isRegex === grant.isRegex),
  );
  return {
    ...token,
    label: changes.label ?? token.label,
    isActive: changes.isActive ?? token.isActive,
    streams: [...remaining, ...added],
    allowedOrigins: changes.allowedOrigins ?? token.allowedOrigins,
    allowedIpAddresses: changes.allowedIpAddresses ?? token.allowedIpAddresses,
    bindIpsOnUsage: (changes.bindIpsOnUsage ?? token.bindIpsOnUsage) || null,
    originCluster: changes.originCluster ?? token.originCluster,
    allowedCountries: changes.allowedCountries ?? token.allowedCountries,
    deniedCountries: changes.deniedCountries ?? token.deniedCountries,
  };
}

/**
 * Rejects a token whose settings exclude one another, whether they came together or one by one.
 *
 * @throws ResponseError naming the field
 */
export function checkCommonRules(token: Draft<TokenRecord>): void {
  if (token.streams.length === 0) throw invalid({ streams: ["A token needs at least one stream."] });
  if (token.allowedCountries.length > 0 && token.deniedCountries.length > 0) {
    throw invalid({ deniedCountries: ["Set only one of allowedCountries and deniedCountries."] });
  }
  if (token.allowedIpAddresses.length > 0 && token.bindIpsOnUsage !== null) {
    throw invalid({ bindIpsOnUsage: ["Set only one of allowedIpAddresses and bindIpsOnUsage."] });
  }
}

/** Fields that an update v1 writes with a prefix: `updateAllowedOrigins`. */
const PREFIXED_IN_V1 = [
  "allowedOrigins",
  "allowedIpAddresses",
  "bindIpsOnUsage",
  "originCluster",
  "allowedCountries",
  "deniedCountries",
  "geoCascade",
  "restream",
];

/** Fields of an update that null clears; in all others null means "leave as it is". */
const CLEARED_BY_NULL = ["priority", "encoderProfileId", "enableUTCInsertion"];

/**
 * Parses an update body of either version into the fields of v2.
 *
 * A field in the other version's spelling is unknown, and ignored like any other.
 *
 * @throws ResponseError with errors under the names of that version, or if nothing would change
 */
export function readChanges<T extends z.ZodType<CommonChanges>>(schema: T, body: unknown, version: 1 | 2): z.output<T> {
  const parsed = schema.safeParse(version === 1 ? withoutPrefixes(body) : body);
  if (!parsed.success) {
    const errors = fieldErrorsOf(parsed.error);
    throw invalid(version === 1 ? withPrefixes(errors) : errors);
  }
  // The versions differ in this one bound.
  if (version === 1 && (parsed.data.bindIpsOnUsage ?? 0) > MAX_INT32) {
    throw invalid({ updateBindIpsOnUsage: [`The value must be between 0 and ${MAX_INT32}.`] });
  }
  if (!Object.entries(parsed.data).some(changesSomething)) throw fail({ token: "No properties specified to update." });
  return parsed.data;
}

function changesSomething([field, value]: [string, unknown]): boolean {
  if (field === "refreshToken") return value === true;
  return value !== undefined && (value !== null || CLEARED_BY_NULL.includes(field));
}

const prefixed = (field: string) => `update${field.charAt(0).toUpperCase()}${field.slice(1)}`;

function withoutPrefixes(body: unknown): unknown {
  if (typeof body !== "object" || body === null) return body;
  const plain: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(body)) {
    const name = PREFIXED_IN_V1.find((candidate) => prefixed(candidate) === field);
    if (name !== undefined) plain[name] = value;
    else if (!PREFIXED_IN_V1.includes(field)) plain[field] = value;
  }
  return plain;
}

function withPrefixes(errors: FieldErrors): FieldErrors {
  return Object.fromEntries(
    Object.entries(errors).map(([path, messages]) => {
      const [field = ""] = path.split(/[.[]/, 1);
      return [PREFIXED_IN_V1.includes(field) ? `${prefixed(field)}${path.slice(field.length)}` : path, messages];
    }),
  );
}
