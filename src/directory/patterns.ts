import { RE2Set } from "re2js";
import { compilePattern } from "../model/stream.ts";

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
  readonly #automata: Automaton[] = [];

  /** A pattern that does not compile is kept out: it opens nothing. Adding one that is there already changes nothing. */
  add(pattern: string): void {
    if (this.#automata.some(({ patterns }) => patterns.has(pattern)) || !compiles(pattern)) return;
    let automaton = this.#automata.find(({ patterns }) => patterns.size < PATTERNS_PER_AUTOMATON);
    if (!automaton) {
      automaton = { patterns: new Set(), compiled: null };
      this.#automata.push(automaton);
    }
    automaton.patterns.add(pattern);
    automaton.compiled = null;
  }

  delete(pattern: string): void {
    for (const automaton of this.#automata) if (automaton.patterns.delete(pattern)) automaton.compiled = null;
  }

  /** The patterns that match the whole name. */
  matching(name: string): string[] {
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

function compiles(pattern: string): boolean {
  try {
    compilePattern(pattern, "pattern");
    return true;
  } catch {
    return false;
  }
}
