import { LRUCache } from "lru-cache";
import type { TokenRecord } from "../model/token/token.ts";
import { boundedLru } from "../primitives/bounded-lru.ts";
import { PatternIndex } from "./pattern-index.ts";
import { createPatternReadings, type PatternReadings } from "./pattern-readings.ts";

/** How many names the index remembers the grants of. */
const MAX_REMEMBERED_NAMES = 20_000;

/**
 * The tokens of one kind, found by id and by the streams that they open. It changes token by token, so that one write
 * among thousands of tokens costs next to nothing.
 */
export class TokenIndex<Token extends TokenRecord> {
  readonly #byId = new Map<number, Token>();
  /** Ids of the tokens with a grant, by its text: exact names apart from patterns. */
  readonly #byName = new Map<string, Set<number>>();
  readonly #byPattern = new Map<string, Set<number>>();
  readonly #readings: Pick<PatternReadings, "read" | "version">;
  readonly #patterns: PatternIndex;
  /** Forgotten whole when any grant changes. */
  readonly #covering = new LRUCache<string, readonly Token[]>(boundedLru(MAX_REMEMBERED_NAMES));
  readonly #possiblyCovering = new LRUCache<string, readonly Token[]>(boundedLru(MAX_REMEMBERED_NAMES));
  /** What operators had recorded of unreadable patterns when the above was remembered. */
  #recorded: object;
  #sorted: readonly Token[] | null = null;
  #names: readonly string[] | null = null;

  constructor(readings: Pick<PatternReadings, "read" | "version"> = createPatternReadings()) {
    this.#readings = readings;
    this.#patterns = new PatternIndex(readings.read);
    this.#recorded = readings.version();
  }

  get(id: number): Token | undefined {
    return this.#byId.get(id);
  }

  /** All tokens by ascending id, which is the order in which they were made. */
  all(): readonly Token[] {
    this.#heedRecords();
    this.#sorted ??= [...this.#byId.values()].sort((a, b) => a.id - b.id);
    return this.#sorted;
  }

  /** The tokens that open the stream for certain, by its name or by a pattern, by ascending id: for what grants something. */
  covering(streamName: string): readonly Token[] {
    return this.#found(streamName, this.#covering, "matching");
  }

  /**
   * The tokens that may open the stream, by ascending id: for what protects something. Besides those above, tokens with a
   * pattern that the gateway can't read and whose literal prefix the name has.
   */
  possiblyCovering(streamName: string): readonly Token[] {
    return this.#found(streamName, this.#possiblyCovering, "possible");
  }

  #found(
    streamName: string,
    remembered: LRUCache<string, readonly Token[]>,
    sense: "matching" | "possible",
  ): readonly Token[] {
    this.#heedRecords();
    const known = remembered.get(streamName);
    if (known) return known;
    const ids = new Set(this.#byName.get(streamName));
    for (const pattern of this.#patterns[sense](streamName)) {
      for (const id of this.#byPattern.get(pattern) ?? []) ids.add(id);
    }
    const tokens = [...ids].sort((a, b) => a - b).flatMap((id) => this.#byId.get(id) ?? []);
    remembered.set(streamName, tokens);
    return tokens;
  }

  #heedRecords(): void {
    const recorded = this.#readings.version();
    if (recorded === this.#recorded) return;
    this.#recorded = recorded;
    this.#forget();
  }

  /** Every stream name that some token spells out, sorted. */
  names(): readonly string[] {
    this.#names ??= [...this.#byName.keys()].sort();
    return this.#names;
  }

  put(token: Token): void {
    const former = this.#byId.get(token.id);
    this.#byId.set(token.id, Object.freeze(token));
    this.#forget();
    // Readings bring all tokens again: their patterns are not compiled anew for it.
    if (former && sameGrants(former, token)) return;
    if (former) this.#unlink(former);
    for (const { pattern, isRegex } of token.streams) {
      if (isRegex) this.#patterns.add(pattern);
      const grants = isRegex ? this.#byPattern : this.#byName;
      grants.set(pattern, (grants.get(pattern) ?? new Set()).add(token.id));
    }
  }

  delete(id: number): void {
    const token = this.#byId.get(id);
    if (!token) return;
    this.#byId.delete(id);
    this.#unlink(token);
    this.#forget();
  }

  #unlink(token: Token): void {
    for (const { pattern, isRegex } of token.streams) {
      const grants = isRegex ? this.#byPattern : this.#byName;
      const ids = grants.get(pattern);
      ids?.delete(token.id);
      if (ids?.size !== 0) continue;
      grants.delete(pattern);
      if (isRegex) this.#patterns.delete(pattern);
    }
  }

  #forget(): void {
    // A reading puts thousands of tokens, and clearing takes as long as there may be names.
    if (this.#covering.size > 0) this.#covering.clear();
    if (this.#possiblyCovering.size > 0) this.#possiblyCovering.clear();
    this.#sorted = null;
    this.#names = null;
  }
}

function sameGrants(a: TokenRecord, b: TokenRecord): boolean {
  return (
    a.streams.length === b.streams.length &&
    a.streams.every(({ pattern, isRegex }, index) => {
      const other = b.streams[index];
      return other?.pattern === pattern && other.isRegex === isRegex;
    })
  );
}
