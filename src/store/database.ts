import type { Generated, Kysely } from "kysely";
import type {
  ApiKeyRow,
  AuditEnd,
  AuditEntry,
  AuditObject,
  FormerHolder,
  IdempotencyKeyRecord,
  LeaseRow,
  PartnerLeaseRecord,
  PartnerRow,
  PatternCoverageRow,
  RefusedAttempts,
  SigningKeyRecord,
  TimeZoneRow,
  TrackingIdRow,
} from "./records.ts";

/**
 * Tables of the database.
 *
 * Columns are in snake case, times in milliseconds since the epoch, lists in JSON.
 */
export interface Database {
  partners: PartnerRow;
  partnerTrackingIds: TrackingIdRow;
  /** Former partners of tracking ids. */
  trackingIdHolders: FormerHolder & { readonly trackingId: string };
  timeZones: TimeZoneRow;
  suspendedTokens: { readonly tokenId: number; readonly partnerId: string };
  /** One row with the number of changes of partners. Updating it first serializes these changes. */
  partnerChanges: { readonly version: number };
  partnerLeases: PartnerLeaseRecord;
  leases: LeaseRow;
  apiKeys: ApiKeyRow;
  signingKeys: SigningKeyRecord;
  idempotencyKeys: IdempotencyKeyRecord;
  patternCoverages: PatternCoverageRow;
  auditEntries: AuditEntry & { readonly id: Generated<number> };
  auditEnds: AuditEnd & { readonly entryId: number };
  auditObjects: AuditObject & {
    readonly entryId: number;
    /** Order in which the entry's objects were touched, ascending. */
    readonly position: number;
  };
  refusedAttempts: RefusedAttempts;
}

export type Db = Kysely<Database>;

/** Runs the work in the open transaction, or in a new one if none is open. */
export function inTransaction<Result>(db: Db, work: (db: Db) => Promise<Result>): Promise<Result> {
  return db.isTransaction ? work(db) : db.transaction().execute(work);
}
