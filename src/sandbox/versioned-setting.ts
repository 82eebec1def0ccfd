/** A setting that applies to what starts after its change, so its past values are recorded. */
export interface VersionedSetting<T> {
  /** Returns the value in force at an instant. */
  at(instant: number): T;
  /** Sets the value from an instant on, which must not be before the last change. */
  set(value: T, from: number): void;
  /** Returns every value with the time it was in force, oldest first; the last one has no end. */
  stretches(): readonly { readonly value: T; readonly from: number; readonly to: number }[];
}

/** @param initial - in force from the beginning of time */
export function createVersionedSetting<T>(initial: T): VersionedSetting<T> {
  const changes = [{ value: initial, from: Number.NEGATIVE_INFINITY }];
  return {
    at: (instant) => (changes.findLast(({ from }) => from <= instant) ?? { value: initial }).value,
    set: (value, from) => void changes.push({ value, from }),
    stretches: () =>
      changes.map((change, index) => ({ ...change, to: changes[index + 1]?.from ?? Number.POSITIVE_INFINITY })),
  };
}
