import { overlap, SECOND_MS, type Span } from "../calendar.ts";
import type { TranscoderProfile } from "./profiles.ts";

/** The statuses that a transcoder of the sandbox goes through; it meets no error. */
export type TranscoderStatus = "Queued" | "Provisioning" | "Active" | "Shutdown" | "Deleting" | "Deleted";

/** A cloud transcoder. Times are in milliseconds; what it does at an instant is told by `statusOf`. */
export interface Transcoder {
  readonly transcoderId: string;
  readonly name: string;
  readonly cluster: string;
  readonly dnsPrefix: string;
  readonly profile: TranscoderProfile;
  readonly createdAt: number;
  /** When it was told to start; null when it never was. The emulated API starts one only at its creation. */
  readonly startedAt: number | null;
  /** When its instance was shut down; null while it runs. */
  readonly endedAt: number | null;
  /** When its deletion was asked for. */
  readonly deletedAt: number | null;
}

/** How long each status lasts: undocumented, so about a minute until it is active. */
const QUEUED_MS = 5 * SECOND_MS;
const PROVISIONING_MS = 60 * SECOND_MS;
const DELETING_MS = 15 * SECOND_MS;

/** When it becomes active; infinite when it was never started. */
function activeFrom({ startedAt }: Transcoder): number {
  return startedAt === null ? Number.POSITIVE_INFINITY : startedAt + QUEUED_MS + PROVISIONING_MS;
}

/** The status at an instant. */
export function statusOf(transcoder: Transcoder, now: number): TranscoderStatus {
  const { startedAt, endedAt, deletedAt } = transcoder;
  if (deletedAt !== null) return now < deletedAt + DELETING_MS ? "Deleting" : "Deleted";
  if (startedAt === null || (endedAt !== null && endedAt <= now)) return "Shutdown";
  if (now < startedAt + QUEUED_MS) return "Queued";
  return now < activeFrom(transcoder) ? "Provisioning" : "Active";
}

/** Minutes that it was active in a span, begun ones counted whole; only an active transcoder is charged. */
export function minutesIn(transcoder: Transcoder, span: Span): number {
  const until = Math.min(
    transcoder.endedAt ?? Number.POSITIVE_INFINITY,
    transcoder.deletedAt ?? Number.POSITIVE_INFINITY,
  );
  const { from, to } = overlap({ from: activeFrom(transcoder), to: until }, span);
  return to > from ? Math.ceil((to - from) / (60 * SECOND_MS)) : 0;
}
