const EXAMPLE = "postgres://user:password@host:5432/database";

/**
 * Returns the problem of a PostgreSQL address in one sentence, without any part of the address; null for a valid one.
 *
 * @param variable name of the variable that holds the address
 */
export function databaseUrlProblem(variable: string, address: string): string | null {
  const mistake = findMistake(address);
  return mistake && `${variable} must be one address such as ${EXAMPLE}; got ${mistake}.`;
}

const UNENCODED = "one that is no URL: characters such as / and # are percent-encoded in a password";

function findMistake(address: string): string | null {
  const hosts = /^\w+:\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(address)?.[1] ?? "";
  const url = parseAddress(address);
  if (hosts.includes(",") || url?.searchParams.get("host")?.includes(",")) return "one with several hosts";
  if (!url) return UNENCODED;
  const { username, password, hostname, pathname, hash } = url;
  if (pathname.includes("@") || hash !== "") return UNENCODED;
  const isDecodable = [username, password, hostname, pathname].every((part) => decoded(part) !== null);
  return isDecodable ? null : "one with a % that begins no percent-encoding: a % itself is written %25";
}

/**
 * Returns every spelling in which a message may contain the password of an address; empty without a
 * password.
 */
export function passwordsIn(address: string): string[] {
  // An unencoded password with / or @ ends later than the grammar of URLs says.
  const spellings = [/^\w+:\/\/[^:/?#@]*:(.*)@/s, /^\w+:\/\/[^:/?#@]*:([^@]*)@/, /[?&]password=([^&#]*)/].flatMap(
    (place) => place.exec(address)?.[1] ?? [],
  );
  const all = [...spellings, parseAddress(address)?.password ?? ""].flatMap((password) => [
    password,
    decoded(password) ?? password,
  ]);
  return [...new Set(all)].filter((password) => password !== "").sort((a, b) => b.length - a.length);
}

/**
 * Parses a PostgreSQL address; returns null for a text that is no URL.
 *
 * Such an address may name its host as a parameter alone, which the grammar of URLs does not allow with a user:
 * `postgres://user@/database?host=/var/run/postgresql`.
 */
export function parseAddress(address: string): URL | null {
  const withHost = address.replace(/^(\w+:\/\/[^/?#]*@)(?=\/)/, "$1localhost");
  return URL.canParse(withHost) ? new URL(withHost) : null;
}

/**
 * Returns the address in a form for which the driver prints no warning.
 *
 * The driver treats `prefer`, `require` and `verify-ca` as `verify-full`, and prints several lines at start that say so.
 */
export function addressForDriver(address: string): string {
  if (parseAddress(address)?.searchParams.get("uselibpqcompat") === "true") return address;
  return address.replace(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=[&#]|$)/g, "$1verify-full");
}

/** Returns host and port of a PostgreSQL address without a {@link databaseUrlProblem}. */
export function hostIn(address: string): string {
  const url = parseAddress(address);
  if (!url) return "localhost:5432";
  const host = url.searchParams.get("host") ?? decodeURIComponent(url.hostname);
  return `${host || "localhost"}:${url.searchParams.get("port") ?? (url.port || "5432")}`;
}

/** Decodes percent-encodings; returns null if one is malformed. */
function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
