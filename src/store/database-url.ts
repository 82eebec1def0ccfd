const EXAMPLE = "postgres://user:password@host:5432/database";

/**
 * Returns what is wrong with an address of PostgreSQL, in one sentence without any part of the address; null where nothing is.
 *
 * @param variable that holds the address
 */
export function databaseUrlProblem(variable: string, address: string): string | null {
  const got = mistakeIn(address);
  return got && `${variable} must be one address such as ${EXAMPLE}; got ${got}.`;
}

const UNENCODED = "one that is no URL: characters such as / and # are percent-encoded in a password";

function mistakeIn(address: string): string | null {
  const hosts = /^\w+:\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(address)?.[1] ?? "";
  const url = parsedAddress(address);
  if (hosts.includes(",") || url?.searchParams.get("host")?.includes(",")) return "one with several hosts";
  if (!url) return UNENCODED;
  const { username, password, hostname, pathname, hash } = url;
  if (pathname.includes("@") || hash !== "") return UNENCODED;
  const isDecodable = [username, password, hostname, pathname].every((part) => decoded(part) !== null);
  return isDecodable ? null : "one with a % that begins no percent-encoding: a % itself is written %25";
}

/** Returns the password of an address in every way that it may be written in a message; empty where there is none. */
export function passwordsIn(address: string): string[] {
  // A password with a / or an @ that is not encoded ends later than the address's grammar says.
  const written = [/^\w+:\/\/[^:/?#@]*:(.*)@/s, /^\w+:\/\/[^:/?#@]*:([^@]*)@/, /[?&]password=([^&#]*)/].flatMap(
    (place) => place.exec(address)?.[1] ?? [],
  );
  const all = [...written, parsedAddress(address)?.password ?? ""].flatMap((password) => [
    password,
    decoded(password) ?? password,
  ]);
  return [...new Set(all)].filter((password) => password !== "").sort((a, b) => b.length - a.length);
}

/**
 * Returns an address of PostgreSQL as a URL; null for a text that is none. An address with a user may name its host as a
 * parameter alone, which the grammar of URLs does not know: `postgres://user@/database?host=/var/run/postgresql`.
 */
export function parsedAddress(address: string): URL | null {
  const whole = address.replace(/^(\w+:\/\/[^/?#]*@)(?=\/)/, "$1localhost");
  return URL.canParse(whole) ? new URL(whole) : null;
}

/**
 * Returns the address as the driver takes it without a warning. The driver verifies the server for `prefer`, `require` and
 * `verify-ca` as for `verify-full`, and prints several lines at start that say so.
 */
export function addressForDriver(address: string): string {
  if (parsedAddress(address)?.searchParams.get("uselibpqcompat") === "true") return address;
  return address.replace(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=[&#]|$)/g, "$1verify-full");
}

/** Returns host and port of an address of PostgreSQL that has no {@link databaseUrlProblem}. */
export function hostIn(address: string): string {
  const url = parsedAddress(address);
  if (!url) return "localhost:5432";
  const host = url.searchParams.get("host") ?? decodeURIComponent(url.hostname);
  return `${host || "localhost"}:${url.searchParams.get("port") ?? (url.port || "5432")}`;
}

/** The text with its percent-encodings undone; null where one is malformed. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
