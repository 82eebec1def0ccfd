import { InvalidInputError } from "../errors.ts";

/** How the platform's own player chooses among the qualities of a stream. */
export type PlayerStrategy = "QUALITY" | "BANDWIDTH" | "PERFORMANCE";

/** What the platform's own player can be told by its address. What is left out is the player's default. */
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
  /** Shown while the stream is offline. */
  readonly offlineImageUrl?: string | undefined;
}

const strategies: Readonly<Record<PlayerStrategy, string>> = {
  QUALITY: "quality",
  BANDWIDTH: "bandwidth",
  PERFORMANCE: "performance",
};

/** The longest address of an image that is put into an address, in characters. */
const MAX_URL_LENGTH = 2_048;
/** The longest label that is put into an address, in characters. */
const MAX_LABEL_LENGTH = 128;

/** The options as parameters of the player's address, each with `&` in front. `at` is the path of the argument. */
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
    // The product's pages tell of this switch and not of its name, which is that of the player's published plugin.
    ["image", offlineImageUrl],
  ];
  return parameters
    .flatMap(([name, value]) => (value === undefined ? [] : `&${name}=${encodeURIComponent(value)}`))
    .join("");
}

/** @throws InvalidInputError naming the option and the rule */
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
    throw new InvalidInputError(`${at}.${option}`, "It arranges several sources: say isMultisource as well.");
  }
  if (mainLabel !== undefined && (mainLabel.length < 1 || mainLabel.length > MAX_LABEL_LENGTH)) {
    throw new InvalidInputError(`${at}.mainLabel`, `It holds 1 to ${MAX_LABEL_LENGTH} characters.`);
  }
  if ((min === undefined) !== (max === undefined)) {
    const missing = min === undefined ? "minPlayoutDelayMs" : "maxPlayoutDelayMs";
    throw new InvalidInputError(`${at}.${missing}`, "The two delays are given both, or neither.");
  }
  if (min !== undefined && max !== undefined && (min < 0 || max < min)) {
    throw new InvalidInputError(
      `${at}.maxPlayoutDelayMs`,
      "The delays are of 0 or more, the second no shorter than the first.",
    );
  }
  if (offlineImageUrl !== undefined && !isImageUrl(offlineImageUrl)) {
    const rule = `It is an https:// address of at most ${MAX_URL_LENGTH} characters, without a password in it.`;
    throw new InvalidInputError(`${at}.offlineImageUrl`, rule);
  }
  if (initialBitsPerSecond !== undefined && initialBitsPerSecond < 1) {
    throw new InvalidInputError(`${at}.initialBitsPerSecond`, "It is a rate of at least one bit per second.");
  }
}

/** Browsers load nothing else into a page that came by HTTPS. */
function isImageUrl(text: string): boolean {
  if (text.length > MAX_URL_LENGTH || !text.startsWith("https://") || !URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username === "" && password === "";
}
