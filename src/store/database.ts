import type { Generated, Kysely } from "kysely";
import type { RegisteredPartner } from "../model/partner/partner.ts";
import type { ApiKeyRecord } from "./api-keys.ts";
import type { AuditEnd, AuditEntry, AuditObject } from "./audit.ts";
import type { IdempotencyKeyRecord } from "./idempotency-keys.ts";
import type { PartnerLeaseRecord } from "./partner-leases.ts";
import type { PatternCoverage } from "./pattern-coverages.ts";
import type { RefusedAttempts } from "./refused-attempts.ts";
import type { SigningKeyRecord } from "./signing-keys.ts";

/** The tables as they are stored: columns in snake case, times as milliseconds since the epoch, lists as JSON. */
export interface Database {
  partners: Omit<RegisteredPartner, "trackingIds">;
  partnerTrackingIds: {
    readonly trackingId: string;
    readonly partnerId: string;
    /** Ascending in the order in which the partner was given them. */
    readonly position: number;
    /**
     * Highest id of a subscribe token when the tracking id was claimed: tokens above it were made since. Null where that was
     * not recorded.
     */
    readonly adoptedAfter: number | null;
    /** Highest id of a subscribe token that is known to have been made under the tracking id since; null for none. */
    readonly newestToken: number | null;
  };
  /** Whose the tracking ids were that have left their partners. */
  trackingIdHolders: FormerHolder & { readonly trackingId: string };
  suspendedTokens: { readonly tokenId: number; readonly partnerId: string };
  /** One row: how often partners were changed. Writing it first also makes changes of partners wait for each other. */
  partnerChanges: { readonly version: number };
  partnerLeases: PartnerLeaseRecord;
  apiKeys: Omit<ApiKeyRecord, "kind" | ApiKeyList> & { readonly hash: string } & Readonly<Record<ApiKeyList, JsonText>>;
  signingKeys: SigningKeyRecord;
  idempotencyKeys: IdempotencyKeyRecord;
  patternCoverages: Omit<PatternCoverage, "streamNames"> & { readonly streamNames: JsonText };
  auditEntries: AuditEntry & { readonly id: Generated<number> };
  auditEnds: AuditEnd & { readonly entryId: number };
  auditObjects: AuditObject & {
    readonly entryId: number;
    /** Ascending in the order in which the entry's objects were touched. */
    readonly position: number;
  };
  refusedAttempts: RefusedAttempts;
}

/** A partner that had a tracking id before. Subscribe tokens with ids in the range were made while it did. */
export interface FormerHolder {
  readonly partnerId: string;
  /** Exclusive. */
  readonly afterToken: number;
  /** Inclusive. */
  readonly untilToken: number;
  /** When the tracking id left the partner, in milliseconds since the epoch. */
  readonly heldUntil: number;
}

type ApiKeyList = "scopes" | "allowedOrigins" | "allowedNetworks";
/** A list of strings as JSON. */
type JsonText = string;

export type Db = Kysely<Database>;

/** Runs the work in the transaction that is open, or in one of its own. */
export function inTransaction<Result>(db: Db, work: (db: Db) => Promise<Result>): Promise<Result> {
  return db.isTransaction ? work(db) : db.transaction().execute(work);
}
