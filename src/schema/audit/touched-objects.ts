import type { PartnerRecord } from "../../model/partner/partner.ts";
import { encodeGlobalId } from "../global-id.ts";
import { partnerKey } from "../partner/find-partner.ts";

/** The key of a record by its type in the graph. */
const keys: Readonly<Record<string, (record: Readonly<Record<string, unknown>>) => unknown>> = {
  Account: ({ accountId }) => accountId,
  ApiKey: ({ id }) => id,
  MediaAsset: ({ id }) => id,
  MediaDistribution: ({ id }) => id,
  Partner: (record) => partnerKey(record as unknown as PartnerRecord),
  PublishToken: ({ id }) => id,
  Stream: ({ name }) => name,
  SubscribeToken: ({ id }) => id,
  Transcoder: ({ id }) => id,
};

/** Parts of a payload without objects: errors, and claims, which anybody may have written. */
const SKIPPED = new Set(["userErrors", "failures", "claims"]);
/** Depth of the deepest object: a token of a step of a payload. */
const MAX_DEPTH = 4;

/** Returns the global ids of the objects in a mutation's payload, each once, in their order. */
export function touchedObjects(payload: unknown): string[] {
  const found = new Set<string>();
  const look = (value: unknown, depth: number) => {
    if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return;
    if (Array.isArray(value)) {
      for (const part of value) look(part, depth);
      return;
    }
    const record = value as Readonly<Record<string, unknown>>;
    const kind = record["kind"];
    const key = typeof kind === "string" ? keys[kind]?.(record) : undefined;
    if (typeof kind === "string" && (typeof key === "string" || typeof key === "number")) {
      found.add(encodeGlobalId(kind, key));
      return;
    }
    for (const [name, part] of Object.entries(record)) {
      if (SKIPPED.has(name)) continue;
      if (name === "deletedId" && typeof part === "string") found.add(part);
      else if (name === "streamName" && isStreamName(part)) found.add(encodeGlobalId("Stream", part));
      else if (name === "streamNames" && Array.isArray(part)) {
        for (const each of part) if (typeof each === "string") found.add(encodeGlobalId("Stream", each));
      } else look(part, depth + 1);
    }
  };
  look(payload, 1);
  return [...found];
}

/** Returns whether the text can be a stream's name: a viewer token may claim any text as its stream. */
function isStreamName(value: unknown): value is string {
  return typeof value === "string" && value.length >= 1 && value.length <= 128;
}
