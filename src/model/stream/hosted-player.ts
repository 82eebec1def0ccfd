import { invalidArgument } from "../errors.ts";
import { assertLength, isWellFormed } from "../text.ts";
import { readClaims } from "../token/viewer-claims.ts";

/** How the platform's hosted player chooses among the qualities of a stream. */
export type PlayerStrategy = "QUALITY" | "BANDWIDTH" | "PERFORMANCE";

/** Options of the platform's hosted player; undefined leaves the player's default. */
export interface PlayerOptions {
  readonly isMuted?: boolean | undefined;
  readonly isMultisource?: boolean | undefined;
  readonly isGrid?: boolean | undefined;
  readonly mainLabel?: string | undefined;
  readonly showsTimer?: boolean | undefined;
  readonly showsMetadata?: boolean | undefined;
  readonly strategy?: PlayerStrategy | undefined;
  readonly initialBitsPerSecond?: number | undefined;
  readonly minPlayoutDelayMs?: number | undefined;
  readonly maxPlayoutDelayMs?: number | undefined;
  readonly isDrm?: boolean | undefined;
  readonly usesIpv6?: boolean | undefined;
  /** Image that is shown while the stream is offline. */
  readonly offlineImageUrl?: string | undefined;
}

const strategies: Readonly<Record<PlayerStrategy, string>> = {
  QUALITY: "quality",
  BANDWIDTH: "bandwidth",
  PERFORMANCE: "performance",
};

/** Longest URL of the offline image, in characters. */
const MAX_URL_LENGTH = 2_048;
/** Longest label of the main source, in characters. */
const MAX_LABEL_LENGTH = 128;

/**
 * Returns the options as parameters of the player's URL, each preceded by `&`.
 *
 * @param at path of the argument
 * @throws InvalidInputError naming the option
 */
export function playerParameters(options: PlayerOptions, at: string): string {
  assertPlayerOptions(options, at);
  const { isMuted, isMultisource, isGrid, mainLabel, showsTimer, showsMetadata, strategy } = options;
  const { initialBitsPerSecond, minPlayoutDelayMs, maxPlayoutDelayMs, isDrm, usesIpv6, offlineImageUrl } = options;
  const parameters: readonly (readonly [string, string | number | boolean | undefined])[] = [
    ["multisource", isMultisource],
    ["mute", isMuted],
    ["layout", isGrid ? "grid" : undefined],
    ["mainLabel", mainLabel],
    ["showTimer", showsTimer],
    ["metadata", showsMetadata],
    ["abrStrategy", strategy && strategies[strategy]],
    ["abrInitialBandwidth", initialBitsPerSecond],
    ["forcePlayoutDelayMin", minPlayoutDelayMs],
    ["forcePlayoutDelayMax", maxPlayoutDelayMs],
    ["drm", isDrm],
    ["ipv6", usesIpv6],
    // The product's pages describe this option without its name, which is that of the player's published plugin.
    ["image", offlineImageUrl],
  ];
  return parameters
    .flatMap(([name, value]) => (value === undefined ? [] : `&${name}=${encodeURIComponent(value)}`))
    .join("");
}

/**
 * Returns a viewer token as a parameter of the player's URL, preceded by `&`.
 *
 * Checks that the token has the form of a JWT and names the stream; whether the platform admits it is the platform's to judge.
 *
 * @param at path of the argument
 * @throws InvalidInputError if the text is no viewer token of the stream, such as a subscribe token, which no viewer may see
 */
export function tokenParameter(viewerToken: string, streamName: string, at: string): string {
  const [, payload = ""] = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(viewerToken) ?? [];
  if (claimedStream(payload) !== streamName) {
    throw invalidArgument(
      at,
      "must be a signed viewer token of this stream: a JWT whose `streaming.streamName` is its name",
    );
  }
  return `&token=${viewerToken}`;
}

/** Returns the stream name in the payload of a JWT; null if it cannot be read. */
function claimedStream(payload: string): string | null {
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString());
    return readClaims(claims as Record<string, unknown>)?.streamName ?? null;
  } catch {
    return null;
  }
}

function assertPlayerOptions(options: PlayerOptions, at: string): void {
  const {
    isMultisource,
    isGrid,
    mainLabel,
    initialBitsPerSecond,
    offlineImageUrl,
    minPlayoutDelayMs: min,
    maxPlayoutDelayMs: max,
  } = options;
  if ((isGrid || mainLabel !== undefined) && !isMultisource) {
    const option = isGrid ? "isGrid" : "mainLabel";
    throw invalidArgument(
      `${at}.${option}`,
      "must be absent unless `isMultisource` is true: it arranges several sources",
    );
  }
  if (mainLabel !== undefined) assertLength(mainLabel, 1, MAX_LABEL_LENGTH, `${at}.mainLabel`);
  if ((min === undefined) !== (max === undefined)) {
    const missing = min === undefined ? "minPlayoutDelayMs" : "maxPlayoutDelayMs";
    throw invalidArgument(`${at}.${missing}`, "must be set if the other playout delay is");
  }
  if (min !== undefined && min < 0) throw invalidArgument(`${at}.minPlayoutDelayMs`, "must be at least 0", min);
  if (min !== undefined && max !== undefined && max < min) {
    throw invalidArgument(`${at}.maxPlayoutDelayMs`, "must be at least `minPlayoutDelayMs`", max);
  }
  if (offlineImageUrl !== undefined && !isImageUrl(offlineImageUrl)) {
    const rule = `must be an https:// URL of at most ${MAX_URL_LENGTH} characters without credentials, blanks or control characters`;
    throw invalidArgument(`${at}.offlineImageUrl`, rule);
  }
  if (initialBitsPerSecond !== undefined && initialBitsPerSecond < 1) {
    throw invalidArgument(`${at}.initialBitsPerSecond`, "must be at least 1", initialBitsPerSecond);
  }
}

/** Returns whether a page that was loaded over HTTPS can show the image. */
function isImageUrl(text: string): boolean {
  if (text.length > MAX_URL_LENGTH || !text.startsWith("https://") || !URL.canParse(text)) return false;
  if (/[\s\p{Cc}]/u.test(text) || !isWellFormed(text)) return false;
  const { username, password } = new URL(text);
  return username === "" && password === "";
}
