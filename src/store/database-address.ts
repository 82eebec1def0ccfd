const EXAMPLE = "postgres://user:password@host:5432/database";

/**
 * Returns what is wrong with an address of PostgreSQL, in one sentence without any part of the address; null where nothing is.
 *
 * @param variable that holds the address
 */
export function addressMistake(variable: string, address: string): string | null {
  const got = mistakeIn(address);
  return got && `${variable} must be one address such as ${EXAMPLE}; got ${got}.`;
}

const UNENCODED = "one that is no URL: characters such as / and # are percent-encoded in a password";

function mistakeIn(address: string): string | null {
  const hosts = /^\w+:\/\/(?:[^/?#]*@)?([^/?#]*)/.exec(address)?.[1] ?? "";
  if (hosts.includes(",")) return "one with several hosts";
  if (!URL.canParse(address)) return UNENCODED;
  const { username, password, hostname, pathname, hash } = new URL(address);
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
  const parsed = URL.canParse(address) ? [new URL(address).password] : [];
  const all = [...written, ...parsed].flatMap((password) => [password, decoded(password) ?? password]);
  return [...new Set(all)].filter((password) => password !== "").sort((a, b) => b.length - a.length);
}

/** Returns host and port of an address of PostgreSQL that has no {@link addressMistake}. */
export function hostIn(address: string): string {
  const url = new URL(address);
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
