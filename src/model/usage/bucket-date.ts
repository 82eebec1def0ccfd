/** A date that computes its text once, however often it is serialized. */
export class SerializedDate extends Date {
  #text: string | null = null;
  #json: string | null = null;

  override toISOString(): string {
    this.#text ??= super.toISOString();
    return this.#text;
  }

  /** The date as JSON text. */
  get json(): string {
    this.#json ??= JSON.stringify(this.toISOString());
    return this.#json;
  }

  override toJSON(): string {
    return this.toISOString();
  }
}

/** Boundaries of buckets by instant, at most {@link MAX_BOUNDARIES}: a week has 168 hours. */
const boundaries = new Map<number, Date>();
const MAX_BOUNDARIES = 5_000;

/** Returns the boundary of a bucket as a date. All callers share it, so nobody may change it. */
export function bucketBoundary(instant: number): Date {
  const cached = boundaries.get(instant);
  if (cached) return cached;
  if (boundaries.size >= MAX_BOUNDARIES) boundaries.clear();
  const date = new SerializedDate(instant);
  boundaries.set(instant, date);
  return date;
}
