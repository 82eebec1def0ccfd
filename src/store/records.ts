import type { RegisteredPartner } from "../model/partner/partner.ts";

/**
 * The rows of the tables, and the records that the stores return.
 *
 * Times are milliseconds since the epoch.
 */

/** Partner without its tracking ids and time zones, which have tables of their own. */
export type PartnerRow = Omit<RegisteredPartner, "trackingIds" | "zones">;

/** Time zone of an owner from a month on. */
export interface TimeZoneRow {
  /** Id of a partner, or `account` for the zone of billing. */
  readonly owner: string;
  /** `YYYY-MM`; empty for the first one. */
  readonly fromMonth: string;
  readonly timeZone: string;
}

/** Assignment of a tracking id to the partner that has it now. */
export interface TrackingIdRow {
  readonly trackingId: string;
  readonly partnerId: string;
  /** Order in which the partner was given its tracking ids, ascending. */
  readonly position: number;
  /** Highest subscribe token id when the tracking id was claimed; null if that was not recorded. */
  readonly adoptedAfter: number | null;
  /** Highest subscribe token id created under the tracking id since; null for none. */
  readonly newestToken: number | null;
}

/** Partner that had a tracking id before, and the subscribe tokens created while it did. */
export interface FormerHolder {
  readonly partnerId: string;
  /** Lowest token id of the range, exclusive. */
  readonly afterToken: number;
  /** Highest token id of the range, inclusive. */
  readonly untilToken: number;
  /** When the tracking id left the partner. */
  readonly heldUntil: number;
}

/** Right of one gateway to change a partner and its tokens. */
export interface PartnerLeaseRecord {
  readonly partnerId: string;
  readonly owner: string;
  /** Rises each time the partner is taken, which distinguishes the holders. */
  readonly epoch: number;
  readonly expiresAt: number;
}

/** Lease of a job that one gateway at a time runs. */
export interface Lease {
  readonly name: string;
  /** Rises each time the lease is taken, which distinguishes the holders. */
  readonly epoch: number;
}

export interface LeaseRow extends Lease {
  /** Id of the gateway that took it. */
  readonly owner: string;
  /** Time of the database, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** API key as it is stored: what it allows. The key itself is stored as a hash only. */
export interface ApiKeyRecord {
  readonly kind: "ApiKey";
  readonly id: string;
  readonly name: string;
  readonly role: "OPERATOR" | "ANALYST" | "PARTNER";
  /** Partner that the key belongs to; null unless the role is PARTNER. */
  readonly partnerId: string | null;
  readonly scopes: readonly string[];
  /** Origins of web pages that may use the key; empty for any caller, web page or not. */
  readonly allowedOrigins: readonly string[];
  /** Addresses and CIDR blocks (IPv4, IPv6) that the key may be used from; empty for any. */
  readonly allowedNetworks: readonly string[];
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly revokedAt: number | null;
  /** Exact to the minute. */
  readonly lastUsedAt: number | null;
  /** Key that replaced this one in a rotation. */
  readonly replacedById: string | null;
}

type ApiKeyList = "scopes" | "allowedOrigins" | "allowedNetworks";

/** API key in the table, with its lists as JSON and the SHA-256 (hex) of the key. */
export type ApiKeyRow = Omit<ApiKeyRecord, "kind" | ApiKeyList> & { readonly hash: string } & Readonly<
    Record<ApiKeyList, string>
  >;

/** Key that signs sessions. The private part is encrypted under a key that is not in the store. */
export interface SigningKeyRecord {
  /** Key id in the header of what the key signs. */
  readonly kid: string;
  /** Public JWK as JSON. */
  readonly publicJwk: string;
  /** Private JWK, encrypted. */
  readonly sealedPrivateJwk: string;
  /** Signs from this instant. */
  readonly createdAt: number;
  /** Signs up to this instant, exclusive. */
  readonly retiresAt: number;
  /** From this instant nothing that the key signed is valid. */
  readonly expiresAt: number;
}

/** State of a write that must happen once. */
export interface IdempotencyKeyRecord {
  /** Caller, operation and key as JSON. */
  readonly id: string;
  readonly operation: string;
  /**
   * Hash of the kind of object and the settings it is recognized by.
   *
   * Writes with the same hash run one at a time.
   */
  readonly fingerprint: string;
  readonly inputHash: string;
  /** State before the change, as the write reported it. Holds no secret. */
  readonly before: string | null;
  /**
   * What recognizes the tokens that the write may leave behind, as JSON without secrets; null if it
   * leaves none.
   */
  readonly mayLeave: string | null;
  /** Id of the result; null while it is unknown. */
  readonly result: string | null;
  /** Kind and id of the created object; unique among all keys of all operations. */
  readonly claim: string | null;
  /** 1 if the result was found after the response was lost; 0 if the response contained it. */
  readonly isRecovered: number;
  readonly begunAt: number;
  readonly finishedAt: number | null;
  /**
   * When the last response was lost; null if none was, or if the gateway ended before it could record
   * it.
   */
  readonly lostAt: number | null;
  /** Gateway that performs the write now; null for none. */
  readonly owner: string | null;
  /** End of the owner's lease; null without an owner. */
  readonly leasedUntil: number | null;
  readonly expiresAt: number;
}

/** Streams that an operator has recorded for a pattern that the gateway cannot read. */
export interface PatternCoverage {
  readonly pattern: string;
  /** Names of the streams that the pattern opens on the platform, sorted; empty for none. */
  readonly streamNames: readonly string[];
  /** Principal id of the operator, as in the audit log. */
  readonly recordedById: string;
  /** Principal name of the operator, as in the audit log. */
  readonly recordedByName: string;
  readonly recordedAt: number;
}

/** Pattern coverage in the table, with the stream names as JSON. */
export type PatternCoverageRow = Omit<PatternCoverage, "streamNames"> & { readonly streamNames: string };

/** Outcome of an audited operation; UNKNOWN while no end has been recorded. */
export type AuditOutcome = "DONE" | "PARTIAL" | "REFUSED" | "FAILED" | "UNKNOWN";

/** Effect of an audited operation on one object. */
export type AuditEffect = "CHANGED" | "UNDONE" | "UNCHANGED" | "UNKNOWN" | "USED";

/** Object that an audited operation touched. */
export interface AuditObject {
  /** Global id. */
  readonly objectId: string;
  readonly effect: AuditEffect;
}

/** Entry of the audit log: which caller did what to which object. */
export interface AuditEntry {
  readonly at: number;
  /** Id of the caller: a key, a session or an identity. Never the key itself. */
  readonly principalId: string;
  readonly principalName: string;
  readonly role: string;
  /** Partner of the caller; null for the broadcaster's own callers. */
  readonly partnerId: string | null;
  /** Network address of the caller. */
  readonly address: string | null;
  /** Name of the mutation, or `reveal`. */
  readonly operation: string;
  /** Global id of the object, if there is one. */
  readonly objectId: string | null;
  /** Input as JSON, without secrets. */
  readonly detail: string;
}

/** End of an entry, in a row of its own, so that no row of the log is ever changed. */
export interface AuditEnd {
  readonly outcome: Exclude<AuditOutcome, "UNKNOWN">;
  /** Error code; null if the operation succeeded. */
  readonly code: string | null;
  /** Global id of the created object, if the entry could not name it. */
  readonly objectId: string | null;
}

/** Attempts of a caller at one operation within one minute that were refused for a missing scope. */
export interface RefusedAttempts {
  /** Id of the caller: a key, a session or an identity. Never the key itself. */
  readonly principalId: string;
  /** Name of the mutation. */
  readonly operation: string;
  /** Start of the minute. */
  readonly minute: number;
  readonly principalName: string;
  readonly role: string;
  /** Partner of the caller; null for the broadcaster's own callers. */
  readonly partnerId: string | null;
  /** Error code of the latest attempt. */
  readonly code: string;
  /** Number of attempts, at least 1. */
  readonly attempts: number;
}
