/** A company behind tracking ids of the seed, for a gateway that keeps records of partners. */
export interface SeedPartner {
  readonly name: string;
  readonly trackingIds: readonly string[];
  readonly contact: string;
  /** IANA time zone. */
  readonly timeZone: string;
  /** ISO 4217. */
  readonly currency: string;
  readonly isSuspended: boolean;
  readonly notes: string | null;
}

/** Partners of the seed. The tracking ids that none of them has are those that nobody has claimed yet. */
export const SEED_PARTNERS: readonly SeedPartner[] = [
  partner("Northwind TV", "northwind-tv", "UTC", "GBP"),
  partner("Kestrel Media", "kestrel-media", "Europe/Berlin", "EUR"),
  partner("Lumen Play", "lumen-play", "America/New_York", "USD"),
  partner("Polar Sports", "polar-sports", "Europe/Oslo", "NOK"),
  partner("Vista Plus", "vista-plus", "America/Sao_Paulo", "BRL"),
  partner("Saffron Live", "saffron-live", "Europe/London", "GBP"),
  partner("Quayside", "quayside", "Australia/Sydney", "AUD"),
  partner("Harbor News", "harbor-news", "Europe/London", "GBP"),
  partner("Willow Kids", "willow-kids", "America/Chicago", "USD", "Suspended: two invoices are overdue."),
];

function partner(
  name: string,
  trackingId: string,
  timeZone: string,
  currency: string,
  suspension: string | null = null,
): SeedPartner {
  const contact = `video@${trackingId}.example`;
  return {
    name,
    trackingIds: [trackingId],
    contact,
    timeZone,
    currency,
    isSuspended: suspension !== null,
    notes: suspension,
  };
}
