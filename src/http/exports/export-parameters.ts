import { InvalidInputError, invalidArgument } from "../../model/errors.ts";
import { isTimeZone } from "../../model/usage/calendar.ts";
import { instantOf } from "../../model/usage/instant-text.ts";
import { DAY_MS, type TimeWindow } from "../../model/usage/time.ts";
import type { Zones } from "../../model/usage/zones.ts";

/** Parameters of the URL of an export, each at most once. */
export type Parameters = ReadonlyMap<string, string>;

/** Longest window of an export, in days. */
const MAX_DAYS = 3_660;
/** Longest name of a parameter that an error repeats, in characters. */
const MAX_NAME_LENGTH = 60;

/** Returns the parameters of a URL. @throws InvalidInputError for one that is unknown or repeated */
export function readParameters(search: URLSearchParams, known: readonly string[]): Parameters {
  const parameters = new Map<string, string>();
  for (const [name, value] of search) {
    const shown = name.slice(0, MAX_NAME_LENGTH);
    if (!known.includes(name)) throw invalidArgument(shown, `must be one of the parameters ${known.join(", ")}`);
    if (parameters.has(name)) throw invalidArgument(shown, "must be given once; it was given again");
    parameters.set(name, value);
  }
  return parameters;
}

/** Returns the value of a parameter among its choices. @throws InvalidInputError for another one */
export function choiceOf<Choice extends string, Default extends Choice | null>(
  parameters: Parameters,
  name: string,
  choices: readonly Choice[],
  byDefault: Default,
): Choice | Default {
  const value = parameters.get(name);
  if (value === undefined) return byDefault;
  const choice = choices.find((each) => each === value);
  if (choice === undefined) throw invalidArgument(name, `must be ${choices.join(" or ")}`, value);
  return choice;
}

/** Whom an export is about: partners and streams by the names of the parameters, or the whole account. */
export interface ExportSubject {
  readonly partner: { readonly trackingId: string } | { readonly id: string } | null;
  /** Parameter that names the partner. */
  readonly partnerArgument: "partner" | "partnerId";
  readonly stream: string | null;
}

export const SUBJECT_PARAMETERS = ["partner", "partnerId", "stream", "account"] as const;

/** Returns the subject; neither partner nor stream stands for the account. @throws InvalidInputError without a subject, or for two */
export function subjectOf(parameters: Parameters): ExportSubject {
  const [trackingId, id, stream, account] = SUBJECT_PARAMETERS.map((name) => parameters.get(name));
  if (trackingId !== undefined && id !== undefined) {
    throw invalidArgument("partnerId", "must not be given together with `partner`");
  }
  const isOfPart = trackingId !== undefined || id !== undefined || stream !== undefined;
  if (account !== undefined && isOfPart)
    throw invalidArgument("account", "must not be given together with a partner or a stream");
  if (account !== undefined && account !== "" && account !== "true")
    throw invalidArgument("account", "must have no value", account);
  if (account === undefined && !isOfPart) {
    throw new InvalidInputError(
      "account",
      "`account` must be given, or `partner`, `partnerId` or `stream`; got none of them.",
    );
  }
  return {
    partner: trackingId !== undefined ? { trackingId } : id !== undefined ? { id } : null,
    partnerArgument: id === undefined ? "partner" : "partnerId",
    stream: stream ?? null,
  };
}

/** Returns the zone of `timeZone`; null if it is not given. @throws InvalidInputError for an unknown zone */
export function timeZoneOf(parameters: Parameters): string | null {
  const timeZone = parameters.get("timeZone");
  if (timeZone === undefined || isTimeZone(timeZone)) return timeZone ?? null;
  throw invalidArgument("timeZone", "must be an IANA time zone such as Europe/Berlin", timeZone);
}

/**
 * Returns the window of `from` and `to`.
 *
 * @throws InvalidInputError INVALID_WINDOW for one that ends before it begins, has not begun, or is too long
 */
export function windowOf(parameters: Parameters, zones: Zones, now: number): TimeWindow {
  const [from, to] = (["from", "to"] as const).map((name) => {
    const text = parameters.get(name);
    const instant = text === undefined ? null : instantOf(text, zones);
    if (instant !== null) return instant;
    throw invalidArgument(name, "must be a date such as 2026-03-01, or a time such as 2026-03-01T10:00:00Z", text);
  }) as [number, number];
  if (from >= to) throw invalidWindow("to", "must be later than `from`", parameters);
  if (from > now) throw invalidWindow("from", "must be in the past", parameters);
  if (to - from > MAX_DAYS * DAY_MS)
    throw invalidWindow("to", `must be at most ${MAX_DAYS} days after \`from\``, parameters);
  return { from, to };
}

/** @param rule begins with "must", and has no full stop */
export function invalidWindow(argument: "from" | "to", rule: string, parameters: Parameters): InvalidInputError {
  const { message } = invalidArgument(argument, rule, parameters.get(argument) ?? "");
  return new InvalidInputError(argument, message, {}, "INVALID_WINDOW");
}
