import type { ApiKeyStore } from "./api-keys.ts";
import type { ArchiveReads } from "./archive/archive-reads.ts";
import type { ArchiveTransfer } from "./archive/archive-transfer.ts";
import type { UsageArchive } from "./archive/usage-archive.ts";
import type { AttendanceStore } from "./attendance.ts";
import type { AuditStore } from "./audit.ts";
import type { GatewayMarks } from "./gateway-marks.ts";
import type { IdempotencyKeyStore } from "./idempotency-keys.ts";
import type { LeaseStore } from "./leases.ts";
import type { PartnerLeaseStore } from "./partner-leases.ts";
import type { PartnerStore } from "./partners.ts";
import type { PatternCoverageStore } from "./pattern-coverages.ts";
import type { RefusedAttemptStore } from "./refused-attempts.ts";
import type { SigningKeyStore } from "./signing-keys.ts";

/** Stores of all tables. */
export interface Tables {
  readonly partners: PartnerStore;
  readonly partnerLeases: PartnerLeaseStore;
  readonly apiKeys: ApiKeyStore;
  readonly signingKeys: SigningKeyStore;
  readonly idempotencyKeys: IdempotencyKeyStore;
  readonly patternCoverages: PatternCoverageStore;
  readonly audit: AuditStore;
  readonly refusedAttempts: RefusedAttemptStore;
}

/**
 * Store of the gateway's own records: partners, keys, the audit log.
 *
 * SQLite in the process, or PostgreSQL if several gateways share it. A write that has returned survives a loss of power.
 * Methods throw StoreError STORE_UNAVAILABLE if the database is locked, full, read-only or unreachable.
 */
export interface Store extends Tables {
  readonly leases: LeaseStore;
  readonly gatewayMarks: GatewayMarks;
  readonly usageArchive: UsageArchive;
  readonly attendance: AttendanceStore;
  readonly archiveReads: ArchiveReads;
  readonly archiveTransfer: ArchiveTransfer;
  /** Runs work in a transaction: all its writes are committed, or none. Use only the given tables in it. */
  transaction<Result>(work: (tables: Tables) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}
