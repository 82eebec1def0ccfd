import { RE2Set } from "re2js";
import { isOddName, isPlainName, type PatternReader, readPattern } from "../model/stream/stream-pattern.ts";

/** Maximum number of patterns in one automaton, which is compiled as a whole after a change. */
const PATTERNS_PER_AUTOMATON = 200;

interface Automaton {
  readonly patterns: Set<string>;
  /** Compiled at the first match after a change; null until then. */
  compiled: { readonly set: RE2Set; readonly patterns: readonly string[] } | null;
}

/**
 * Finds which of many patterns match a whole name.
 *
 * The patterns are joined into automata, whose run time is linear in the length of the name.
 */
export class PatternIndex {
  readonly #read: PatternReader;
  readonly #automata: Automaton[] = [];
  /** Patterns that the platform's engine and the gateway's read differently for names outside ASCII. */
  readonly #differing = new Set<string>();
  /** Patterns that the gateway's engine cannot read. */
  readonly #unreadable = new Set<string>();

  /** @param read returns the reading of a pattern, which changes when an operator records what the pattern opens */
  constructor(read: PatternReader = readPattern) {
    this.#read = read;
  }

  /** Adds a pattern, if it is not in the index. */
  add(pattern: string): void {
    if (this.#unreadable.has(pattern) || this.#automata.some(({ patterns }) => patterns.has(pattern))) return;
    const { state, differsByEngine } = this.#read(pattern);
    if (state !== "READABLE") {
      this.#unreadable.add(pattern);
      return;
    }
    if (differsByEngine) this.#differing.add(pattern);
    let automaton = this.#automata.find(({ patterns }) => patterns.size < PATTERNS_PER_AUTOMATON);
    if (!automaton) {
      automaton = { patterns: new Set(), compiled: null };
      this.#automata.push(automaton);
    }
    automaton.patterns.add(pattern);
    automaton.compiled = null;
  }

  delete(pattern: string): void {
    this.#unreadable.delete(pattern);
    this.#differing.delete(pattern);
    for (const automaton of this.#automata) if (automaton.patterns.delete(pattern)) automaton.compiled = null;
  }

  /**
   * Returns the patterns that certainly match the name; an unreadable one if it is recorded to open the
   * name.
   */
  matching(name: string): string[] {
    return this.#found(name, "opens");
  }

  /**
   * Returns the patterns that may match the name: also unreadable ones whose literal prefix the name
   * has.
   */
  possible(name: string): string[] {
    return this.#found(name, "mayOpen");
  }

  #found(name: string, sense: "opens" | "mayOpen"): string[] {
    const matchEach = (patterns: Iterable<string>) =>
      [...patterns].filter((pattern) => this.#read(pattern)[sense](name));
    const unreadable = matchEach(this.#unreadable);
    if (isOddName(name)) return [...this.#automata.flatMap(({ patterns }) => matchEach(patterns)), ...unreadable];
    const matched = this.#matchedByAutomata(name);
    if (isPlainName(name) || this.#differing.size === 0) return [...matched, ...unreadable];
    const reliable = matched.filter((pattern) => !this.#differing.has(pattern));
    return [...reliable, ...matchEach(this.#differing), ...unreadable];
  }

  #matchedByAutomata(name: string): string[] {
    return this.#automata.flatMap((automaton) => {
      if (automaton.patterns.size === 0) return [];
      automaton.compiled ??= compile(automaton.patterns);
      const { set, patterns } = automaton.compiled;
      return set.match(name).flatMap((index) => patterns[index] ?? []);
    });
  }
}

function compile(patterns: ReadonlySet<string>) {
  const set = new RE2Set(RE2Set.ANCHOR_BOTH);
  for (const pattern of patterns) set.add(pattern);
  set.compile();
  return { set, patterns: [...patterns] };
}
