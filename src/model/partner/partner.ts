import { invalidArgument } from "../errors.ts";
import { assertLength, assertName } from "../text.ts";
import { isTimeZone } from "../usage/calendar.ts";
import type { Zones } from "../usage/zones.ts";

/** Whether the tokens and keys of a registered partner may be used. */
export type RegisteredStatus = "ACTIVE" | "SUSPENDED" | "RETIRED";

/** A customer that the broadcaster syndicates streams to, as registered. */
export interface RegisteredPartner {
  readonly id: string;
  readonly name: string;
  /** In the order in which they were registered, at least one. No other partner has any of them. */
  readonly trackingIds: readonly string[];
  readonly contact: string | null;
  /** IANA time zone as it was last recorded. */
  readonly timeZone: string;
  /** Time zones of the days and months of usage and bills, which have whole-hour offsets. */
  readonly zones: Zones;
  /** ISO 4217. */
  readonly currency: string;
  readonly status: RegisteredStatus;
  readonly notes: string | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** Who is billed for the traffic of a tracking id: a registered partner, or nobody yet. */
export type PartnerRecord =
  | ({ readonly kind: "Partner" } & RegisteredPartner)
  | {
      readonly kind: "Partner";
      /** Nobody has claimed the tracking id. */
      readonly status: "UNCLAIMED";
      readonly trackingIds: readonly [string];
    };

/** Returns the name of a partner; the tracking id if it is not registered. */
export function partnerName(partner: PartnerRecord): string {
  return partner.status === "UNCLAIMED" ? partner.trackingIds[0] : partner.name;
}

/** Returns the tracking id that was registered first. It is unique, so lists are sorted by it. */
export function primaryTrackingId({ trackingIds }: { readonly trackingIds: readonly string[] }): string {
  return trackingIds[0] ?? "";
}

/** Returns the time zones of a partner's days and months: UTC if it is not registered. */
export function partnerZones(partner: PartnerRecord): Zones {
  return partner.status === "UNCLAIMED" ? "UTC" : partner.zones;
}

/** Details to register or change. Undefined leaves a detail as it is, or at its default. */
export interface PartnerDetails {
  readonly name?: string | undefined;
  readonly contact?: string | null | undefined;
  readonly timeZone?: string | undefined;
  readonly currency?: string | undefined;
  readonly notes?: string | null | undefined;
}

const MAX_CONTACT_LENGTH = 320;
const MAX_NOTES_LENGTH = 4_000;
/** Tracking ids of one partner at most: usage costs a call for every ten of them. */
export const MAX_TRACKING_IDS = 20;

/**
 * Throws unless each of the details can be registered.
 *
 * @param at path of the input object that has them
 * @throws InvalidInputError naming the argument
 */
export function assertPartnerDetails({ name, contact, timeZone, currency, notes }: PartnerDetails, at: string): void {
  if (name !== undefined) assertName(name, `${at}.name`);
  if (timeZone !== undefined) assertTimeZone(timeZone, `${at}.timeZone`);
  if (currency !== undefined) assertCurrency(currency, `${at}.currency`);
  if (contact != null) assertLength(contact, 0, MAX_CONTACT_LENGTH, `${at}.contact`);
  if (notes != null) assertLength(notes, 0, MAX_NOTES_LENGTH, `${at}.notes`);
}

/** Throws unless the runtime knows the zone. @throws InvalidInputError naming the argument */
export function assertTimeZone(timeZone: string, argument: string): void {
  if (isTimeZone(timeZone)) return;
  throw invalidArgument(argument, "must be an IANA time zone such as Europe/Berlin", timeZone);
}

function assertCurrency(currency: string, argument: string): void {
  if (Intl.supportedValuesOf("currency").includes(currency)) return;
  throw invalidArgument(argument, "must be an ISO 4217 currency in three capital letters, such as EUR", currency);
}
