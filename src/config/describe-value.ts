import { withoutSecrets } from "../model/secret.ts";

/** Variables whose values are secrets or contain one. */
const secretVariables: readonly string[] = [
  "MILLICAST_API_SECRET",
  "CONFERENCE_APP_KEY",
  "CONFERENCE_APP_SECRET",
  "SYNDIGRAPH_OPERATOR_KEY",
  "DATABASE_URL",
  "SANDBOX_API_SECRET",
];

/** Longest value that is shown in full, in characters. */
const MAX_LENGTH = 80;

/** Returns the value of a variable for an error message: in quotes, or what is wrong with a secret in words. */
export function describeValue(name: string, value: string): string {
  return secretVariables.includes(name) ? describeSecret(value) : shown(value);
}

/** Returns `HOST="0.0.0.0"`; the name alone if the value is a secret. */
export function withValue(name: string, value: string): string {
  return secretVariables.includes(name) ? name : `${name}=${shown(value)}`;
}

function shown(value: string): string {
  const withoutCredentials = value.replace(/(\/\/|^(?!\w+:\/\/))[^\s,]*@/g, "$1[secret]@");
  return JSON.stringify(withoutSecrets(withoutCredentials, MAX_LENGTH));
}

function describeSecret(value: string): string {
  if (/[\r\n]$/.test(value)) return "one with a line break at its end";
  if (/[\r\n]/.test(value)) return "one with a line break";
  if (/\s/.test(value)) return "one with a blank";
  if (/[^\x21-\x7e]/.test(value)) return "one with a character that is not ASCII";
  return `one of ${value.length} characters, which are not shown`;
}
