import { parseInstant } from "../calendar.ts";
import { type FieldErrors, invalid } from "./response.ts";

/**
 * Reads query parameters and collects every problem, so that one response names all bad fields.
 *
 * Each reader returns a usable value even after a problem; call `done` before using any.
 */
export class QueryReader {
  readonly #query: URLSearchParams;
  readonly #errors: Record<string, string[]> = {};

  constructor(query: URLSearchParams) {
    this.#query = query;
  }

  /** Records a problem with a field. */
  complain(field: string, message: string): void {
    const messages = this.#errors[field] ?? [];
    messages.push(message);
    this.#errors[field] = messages;
  }

  /** Returns the text, or undefined if it is absent or empty. */
  optional(field: string): string | undefined {
    return this.#query.get(field) || undefined;
  }

  required(field: string): string {
    const value = this.optional(field);
    if (value === undefined) this.complain(field, `The ${field} field is required.`);
    return value ?? "";
  }

  /** Returns every value of a repeated parameter: `streamNames=a&streamNames=b`. */
  all(field: string): readonly string[] {
    return this.#query.getAll(field);
  }

  /** @param fallback - value if absent; without one the parameter is required */
  integer(field: string, { min, max, fallback }: { min: number; max: number; fallback?: number }): number {
    const text = this.optional(field);
    if (text === undefined && fallback !== undefined) return fallback;
    if (text === undefined) {
      this.complain(field, `The ${field} field is required.`);
      return min;
    }
    const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    this.complain(field, `The field ${field} must be between ${min} and ${max}.`);
    return min;
  }

  boolean(field: string): boolean | undefined {
    const text = this.optional(field)?.toLowerCase();
    if (text === undefined || text === "true" || text === "false")
      return text === undefined ? undefined : text === "true";
    this.complain(field, `The value '${text}' is not valid for ${field}.`);
    return undefined;
  }

  /** @param fallback - value if absent; without one the parameter is required */
  choice<const T extends string>(field: string, choices: readonly T[], fallback?: T): T {
    const text = this.optional(field);
    const chosen = choices.find((choice) => choice === text);
    if (chosen !== undefined) return chosen;
    if (text === undefined && fallback !== undefined) return fallback;
    const complaint = text === undefined ? `The ${field} field is required.` : `The value '${text}' is not valid.`;
    this.complain(field, complaint);
    return choices[0] as T;
  }

  /** Returns every value of a repeated parameter that accepts only some; `fallback` if it is absent. */
  choices<const T extends string>(field: string, choices: readonly T[], fallback: readonly T[]): readonly T[] {
    const texts = this.all(field).filter((text) => text !== "");
    const chosen = choices.filter((choice) => texts.includes(choice));
    for (const text of texts) {
      if (!choices.some((choice) => choice === text)) this.complain(field, `The value '${text}' is not valid.`);
    }
    return texts.length === 0 ? fallback : chosen;
  }

  /** Returns a whole number, or undefined if it is absent or empty. */
  optionalInteger(field: string): number | undefined {
    const text = this.optional(field);
    if (text === undefined || /^-?\d{1,15}$/.test(text)) return text === undefined ? undefined : Number(text);
    this.complain(field, `The value '${text}' is not valid for ${field}.`);
    return undefined;
  }

  /** Returns a date or instant, in milliseconds. */
  instant(field: string): number {
    const text = this.required(field);
    const value = parseInstant(text);
    if (value === undefined && text !== "") this.complain(field, `The value '${text}' is not a valid date.`);
    return value ?? 0;
  }

  /**
   * Throws if problems were recorded.
   *
   * @param refuse - creates the error from the problems; the platform has several forms
   * @throws ResponseError if there were problems
   */
  done(refuse: (errors: FieldErrors) => Error = invalid): void {
    if (Object.keys(this.#errors).length > 0) throw refuse(this.#errors);
  }
}
