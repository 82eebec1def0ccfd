import type { RegisteredPartner } from "../model/partner/partner.ts";

/** All scopes, with the access that each one grants. */
export const scopes = {
  "usage:read": "Read metered traffic: totals, series, countries, percentiles.",
  "stream:read": "Read streams, their live state, feeds, viewers and playback addresses.",
  "stream:control": "Stop and reprioritize streams, and bring their re-streams up to date.",
  "transcoder:write": "Create, change and delete cloud transcoders, which are charged by the minute.",
  "token:read": "Read publish and subscribe tokens, without their secrets.",
  "token:write": "Create, change, enable, disable, rotate and delete tokens; set what tokens take from the account.",
  "token:sign": "Sign viewer tokens under subscribe tokens, and inspect them.",
  "token:reveal": "Read token strings, SRT passphrases and the ingest addresses that hold them.",
  "media:write":
    "Switch recording and thumbnails, cut and delete clips and recordings, set how long they are kept and who may play them.",
  "media:reveal": "Read the addresses from which recordings and clips are downloaded or played.",
  "viewer:read": "Read viewer records, without what identifies a person.",
  "viewer:pii": "Read the address, user agent and custom data of a viewer.",
  "partner:read": "Read the registry of partners: contacts, notes, status, findings.",
  "partner:admin": "Register, change, suspend, resume and retire partners, and sell streams to them.",
  "key:admin": "Read, create, rotate and revoke API keys, and issue sessions for others.",
  "archive:write": "Import rows into the usage archive.",
  "billing:read": "Read price plans and statements.",
  "audit:read": "Read the audit log.",
} as const;

export type Scope = keyof typeof scopes;
export const allScopes = Object.keys(scopes) as readonly Scope[];

export function isScope(text: string): text is Scope {
  return Object.hasOwn(scopes, text);
}

/** Role of a caller. */
export type Role = "OPERATOR" | "ANALYST" | "PARTNER";

/** Scopes that a caller of each role can hold. */
export const scopesOfRole: Readonly<Record<Role, readonly Scope[]>> = {
  OPERATOR: allScopes,
  ANALYST: ["usage:read", "stream:read", "token:read", "viewer:read", "partner:read", "billing:read", "audit:read"],
  PARTNER: [
    "usage:read",
    "stream:read",
    "token:read",
    "token:sign",
    "viewer:read",
    "viewer:pii",
    "partner:read",
    "billing:read",
  ],
};

/** Scopes that a suspended partner keeps: it reads its usage and statements, and signs nothing. */
const scopesWhenSuspended: readonly Scope[] = [
  "usage:read",
  "stream:read",
  "token:read",
  "viewer:read",
  "viewer:pii",
  "partner:read",
  "billing:read",
];

/**
 * Returns the scopes that a caller holds: those granted, as far as its role allows them.
 *
 * A suspended partner keeps the scopes that read; a retired one keeps none.
 */
export function scopesHeld(
  granted: readonly string[],
  role: Role,
  partner: Pick<RegisteredPartner, "status"> | null,
): ReadonlySet<Scope> {
  if (partner?.status === "RETIRED") return new Set();
  const allowed = scopesOfRole[role].filter((scope) => granted.includes(scope));
  return new Set(
    partner?.status === "SUSPENDED" ? allowed.filter((scope) => scopesWhenSuspended.includes(scope)) : allowed,
  );
}

/** Returns whether a role sees the whole account; a partner sees only its own data. */
export function seesAccount(role: Role): boolean {
  return role !== "PARTNER";
}
