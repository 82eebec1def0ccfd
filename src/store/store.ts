import type { ApiKeyStore } from "./api-keys.ts";
import type { AuditStore } from "./audit.ts";
import type { IdempotencyKeyStore } from "./idempotency-keys.ts";
import type { PartnerLeaseStore } from "./partner-leases.ts";
import type { PartnerStore } from "./partners.ts";
import type { PatternCoverageStore } from "./pattern-coverages.ts";
import type { RefusedAttemptStore } from "./refused-attempts.ts";
import type { SigningKeyStore } from "./signing-keys.ts";

/** The tables, each with the reads and writes that the gateway needs of it. */
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
 * What the platform never knew: partners, keys, the audit log. A small relational store: SQLite in the process, or
 * PostgreSQL where several gateways share it. A write is acknowledged when it would survive a loss of power.
 *
 * Methods throw StoreError STORE_UNAVAILABLE when the database is locked, full, read-only or out of reach.
 */
export interface Store extends Tables {
  /** All that `work` writes is kept, or nothing of it; nothing of it is seen by others before. */
  transaction<Result>(work: (tables: Tables) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}
