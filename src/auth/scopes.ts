import type { RegisteredPartner } from "../model/partner/partner.ts";

/**
 * What a key can allow, and what each scope opens. A closed list: a key with a scope that is not here does not load.
 */
export const scopes = {
  "usage:read": "Read metered traffic: totals, series, countries, percentiles.",
  "stream:read": "Read streams, their live state, feeds, viewers and playback addresses.",
  "stream:control": "Stop and reprioritize streams, and bring their re-streams up to date.",
  "transcoder:write": "Make, change and delete cloud transcoders, which are charged by the minute.",
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
  "key:admin": "Read, make, rotate and revoke API keys, and make sessions for others.",
  "billing:read": "Read price plans and statements.",
  "audit:read": "Read the audit log.",
} as const;

export type Scope = keyof typeof scopes;
export const allScopes = Object.keys(scopes) as readonly Scope[];

export function isScope(text: string): text is Scope {
  return Object.hasOwn(scopes, text);
}

/** What kind of caller it is. */
export type Role = "OPERATOR" | "ANALYST" | "PARTNER";

/** The most that a key of a role can allow. */
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

/** What is left to a partner while it is suspended: it reads what it has used and owes, and signs nothing. */
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
 * What a caller may do: what it was granted, and never more than its role allows. A suspended partner keeps what reads, a
 * retired one nothing.
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

/** True for a role that sees the whole account; a partner sees only what is its own. */
export function seesAccount(role: Role): boolean {
  return role !== "PARTNER";
}
