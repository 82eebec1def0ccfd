import { InvalidInputError } from "../errors.ts";
import { assertLength, assertName } from "../text.ts";
import { isTimeZone } from "../usage/calendar.ts";

/** Whether a registered partner may use what it holds. */
export type RegisteredStatus = "ACTIVE" | "SUSPENDED" | "RETIRED";

/** A partner as the broadcaster registered it: whoever the feed is sold to. */
export interface RegisteredPartner {
  readonly id: string;
  readonly name: string;
  /** In the order in which they were given; no other partner has any of them. At least one. */
  readonly trackingIds: readonly string[];
  readonly contact: string | null;
  /** IANA, for the days and months of its figures and bills. */
  readonly timeZone: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly status: RegisteredStatus;
  readonly notes: string | null;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

/** Whoever a tracking id's traffic is billed to: a registered partner, or nobody yet. */
export type PartnerRecord =
  | ({ readonly kind: "Partner" } & RegisteredPartner)
  | {
      readonly kind: "Partner";
      /** Nobody has claimed the tracking id. */
      readonly status: "UNCLAIMED";
      readonly trackingIds: readonly [string];
    };

/** What to call a partner. */
export function partnerName(partner: PartnerRecord): string {
  return partner.status === "UNCLAIMED" ? partner.trackingIds[0] : partner.name;
}

/** The tracking id that it was given first: no other partner has it, so lists are sorted by it. */
export function primaryTrackingId({ trackingIds }: { readonly trackingIds: readonly string[] }): string {
  return trackingIds[0] ?? "";
}

/** What a partner is registered with, or what of it is changed. What is undefined stays, or takes its default. */
export interface PartnerDetails {
  readonly name?: string | undefined;
  readonly contact?: string | null | undefined;
  readonly timeZone?: string | undefined;
  readonly currency?: string | undefined;
  readonly notes?: string | null | undefined;
}

const MAX_CONTACT_LENGTH = 320;
const MAX_NOTES_LENGTH = 4_000;
/** Tracking ids of one partner: figures cost a call for every ten of them. */
export const MAX_TRACKING_IDS = 20;

/** Checks what a client wrote; `at` is the path of the object that holds it. @throws InvalidInputError naming the argument */
export function assertPartnerDetails({ name, contact, timeZone, currency, notes }: PartnerDetails, at: string): void {
  if (name !== undefined) assertName(name, `${at}.name`);
  if (timeZone !== undefined) assertTimeZone(timeZone, `${at}.timeZone`);
  if (currency !== undefined) assertCurrency(currency, `${at}.currency`);
  if (contact != null) assertLength(contact, 0, MAX_CONTACT_LENGTH, `${at}.contact`);
  if (notes != null) assertLength(notes, 0, MAX_NOTES_LENGTH, `${at}.notes`);
}

function assertTimeZone(timeZone: string, argument: string): void {
  if (isTimeZone(timeZone)) return;
  const rule = "must be an IANA time zone such as Europe/Berlin";
  throw new InvalidInputError(argument, `\`${argument}\` ${rule}; got ${JSON.stringify(timeZone)}.`);
}

function assertCurrency(currency: string, argument: string): void {
  if (Intl.supportedValuesOf("currency").includes(currency)) return;
  const rule = "must be an ISO 4217 currency in three capital letters, such as EUR";
  throw new InvalidInputError(argument, `\`${argument}\` ${rule}; got ${JSON.stringify(currency)}.`);
}
