import { InvalidInputError, invalidArgument } from "./errors.ts";

/** Longest name of a stream, label or tracking id, in characters. @see POST /api/subscribe_token */
export const MAX_NAME_LENGTH = 128;

/** Returns whether the text is as long as a name: 1 to 128 characters. */
export function hasNameLength(text: string): boolean {
  return text.length >= 1 && text.length <= MAX_NAME_LENGTH;
}

/** Returns false for a text with an unpaired surrogate, which JSON can carry but a URL or UTF-8 cannot. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}

/**
 * Throws unless the text can be a name, label or tracking id: 1 to 128 characters, none of them a control character.
 *
 * @throws InvalidInputError naming the argument
 */
export function assertName(value: string, argument: string): void {
  assertLength(value, 1, MAX_NAME_LENGTH, argument);
  // A database that can't store a control character would keep another name than the platform has.
  if (/\p{Cc}/u.test(value)) {
    throw invalidArgument(argument, "must not contain control characters");
  }
}

/**
 * Throws unless the text has `min` to `max` characters and no unpaired surrogate.
 *
 * @throws InvalidInputError naming the argument
 */
export function assertLength(value: string, min: number, max: number, argument: string): void {
  if (value.length < min || value.length > max) {
    const rule = `\`${argument}\` must be ${min} to ${max} characters long; got ${value.length}.`;
    throw new InvalidInputError(argument, rule, { maxLength: max });
  }
  if (!isWellFormed(value)) {
    throw invalidArgument(argument, "must be well-formed Unicode, without unpaired surrogates");
  }
}

/** Throws unless the text has a character that is not white space. @throws InvalidInputError naming the argument */
export function assertNotBlank(value: string, argument: string): void {
  if (value.trim() !== "") return;
  throw invalidArgument(argument, "must not be blank");
}

/** Returns the text, cut to the length of a name. No surrogate pair is cut in half. */
export function cutToName(text: string): string {
  const cut = text.slice(0, MAX_NAME_LENGTH);
  return isWellFormed(cut) ? cut : cut.slice(0, -1);
}
