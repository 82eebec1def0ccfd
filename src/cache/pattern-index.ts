import { RE2Set } from "re2js";
import { isOddName, isPlainName, type PatternReader, readPattern } from "../model/stream/stream-pattern.ts";

/** Expressions of one automaton. Compiling 200 takes some 8 ms, the most that adding a pattern may cost. */
const PATTERNS_PER_AUTOMATON = 200;

interface Automaton {
  readonly patterns: Set<string>;
  /** Built at the first question after a change. */
  compiled: { readonly set: RE2Set; readonly patterns: readonly string[] } | null;
}

/**
 * Which of many regular expressions match a name as a whole. They are joined into automata that run in time linear to the
 * name: measured with 2,500 patterns, a name takes 0.2 ms, against 1.4 ms when each pattern runs by itself.
 */
export class PatternIndex {
  readonly #read: PatternReader;
  readonly #automata: Automaton[] = [];
  /** Those that the platform's engine and ours read differently for names outside ASCII. */
  readonly #differing = new Set<string>();
  /** Those that our engine can't read. */
  readonly #unreadable = new Set<string>();

  /** @param read gives the reading of an unreadable pattern, which changes when an operator records what it opens */
  constructor(read: PatternReader = readPattern) {
    this.#read = read;
  }

  /** Adding a pattern that is there already changes nothing. */
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

  /** The patterns that match the whole name for certain; an unreadable one where it is recorded to open the name. */
  matching(name: string): string[] {
    return this.#found(name, "opens");
  }

  /** The patterns that may match the whole name: besides those above, unreadable ones whose literal prefix it has. */
  possible(name: string): string[] {
    return this.#found(name, "mayOpen");
  }

  #found(name: string, sense: "opens" | "mayOpen"): string[] {
    const alone = (patterns: Iterable<string>) => [...patterns].filter((pattern) => this.#read(pattern)[sense](name));
    const unreadable = alone(this.#unreadable);
    if (isOddName(name)) return [...this.#automata.flatMap(({ patterns }) => alone(patterns)), ...unreadable];
    const together = this.#matchingTogether(name);
    if (isPlainName(name) || this.#differing.size === 0) return [...together, ...unreadable];
    const alike = together.filter((pattern) => !this.#differing.has(pattern));
    return [...alike, ...alone(this.#differing), ...unreadable];
  }

  #matchingTogether(name: string): string[] {
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
