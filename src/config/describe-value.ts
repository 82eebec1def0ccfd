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

/** Variables as they are set; none is empty. */
type Environment = Readonly<Record<string, string | undefined>>;

/** Shortest value of a secret that is searched for in other variables, in characters. */
const MIN_SECRET_LENGTH = 8;

/** Returns the value of a variable for an error message: in quotes, or what is wrong with a secret in words. */
export function describeValue(name: string, given: Environment): string {
  return secretVariables.includes(name) ? describeSecret(given[name] ?? "") : shown(name, given);
}

/** Returns `HOST="0.0.0.0"`; the name alone if the value is a secret. */
export function withValue(name: string, given: Environment): string {
  return secretVariables.includes(name) ? name : `${name}=${shown(name, given)}`;
}

/** Returns the value in quotes, without credentials and queries of URLs and without the secrets of other variables. */
function shown(name: string, given: Environment): string {
  const withoutCredentials = (given[name] ?? "")
    .replace(/(\/\/|^(?!\w+:\/\/))[^\s,]*@/g, "$1[secret]@")
    .replace(/([?#])[^\s,]+/g, "$1[secret]");
  const withoutOthers = secretVariables
    .map((secret) => given[secret]?.trim() ?? "")
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .reduce((text, secret) => text.replaceAll(secret, "[secret]"), withoutCredentials);
  return JSON.stringify(withoutSecrets(withoutOthers, MAX_LENGTH));
}

function describeSecret(value: string): string {
  if (/[\r\n]$/.test(value)) return "one with a line break at its end";
  if (/[\r\n]/.test(value)) return "one with a line break";
  if (/\s/.test(value)) return "one with a blank";
  if (/[^\x21-\x7e]/.test(value)) return "one with a character that is not ASCII";
  return `one of ${value.length} characters, which are not shown`;
}
