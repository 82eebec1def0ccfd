import { overlap, SECOND_MS, type Span } from "../calendar.ts";
import type { TranscoderProfile } from "./profiles.ts";

/** Statuses of a transcoder in the sandbox, which never fails. */
export type TranscoderStatus = "Queued" | "Provisioning" | "Active" | "Shutdown" | "Deleting" | "Deleted";

/** A cloud transcoder. Times are in milliseconds; `statusOf` returns its status at an instant. */
export interface Transcoder {
  readonly transcoderId: string;
  readonly name: string;
  readonly cluster: string;
  readonly dnsPrefix: string;
  readonly profile: TranscoderProfile;
  readonly createdAt: number;
  /**
   * Time of its start; null if it was never started.
   *
   * The emulated API starts a transcoder only at its creation.
   */
  readonly startedAt: number | null;
  /** Time at which its instance was shut down; null while it runs. */
  readonly endedAt: number | null;
  /** Time of the request to delete it. */
  readonly deletedAt: number | null;
}

/** Duration of each status in milliseconds: undocumented, so about a minute until it is active. */
const QUEUED_MS = 5 * SECOND_MS;
const PROVISIONING_MS = 60 * SECOND_MS;
const DELETING_MS = 15 * SECOND_MS;

/** Returns when it becomes active; infinite if it was never started. */
function activeFrom({ startedAt }: Transcoder): number {
  return startedAt === null ? Number.POSITIVE_INFINITY : startedAt + QUEUED_MS + PROVISIONING_MS;
}

/** Returns the status at an instant. */
export function statusOf(transcoder: Transcoder, now: number): TranscoderStatus {
  const { startedAt, endedAt, deletedAt } = transcoder;
  if (deletedAt !== null) return now < deletedAt + DELETING_MS ? "Deleting" : "Deleted";
  if (startedAt === null || (endedAt !== null && endedAt <= now)) return "Shutdown";
  if (now < startedAt + QUEUED_MS) return "Queued";
  return now < activeFrom(transcoder) ? "Provisioning" : "Active";
}

/** Returns the active minutes in a span, rounded up; only an active transcoder is charged. */
export function minutesIn(transcoder: Transcoder, span: Span): number {
  const until = Math.min(
    transcoder.endedAt ?? Number.POSITIVE_INFINITY,
    transcoder.deletedAt ?? Number.POSITIVE_INFINITY,
  );
  const { from, to } = overlap({ from: activeFrom(transcoder), to: until }, span);
  return to > from ? Math.ceil((to - from) / (60 * SECOND_MS)) : 0;
}
