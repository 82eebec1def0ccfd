import { hexSecret } from "../random.ts";
import { createVersionedSetting, type VersionedSetting } from "../versioned-setting.ts";

/** A key that signs viewing tokens; its secret is accepted and never shown again. */
export interface SecurityKey {
  readonly id: string;
  readonly name: string | null;
}

/** Rules by which media may be viewed from the CDN. */
export interface Distribution {
  readonly id: string;
  readonly name: string;
  readonly isDefault: boolean;
  readonly createdAt: number;
  /** Empty for open viewing. */
  readonly keys: readonly SecurityKey[];
}

/** Distributions of the account; at most one is the default. */
export interface Distributions {
  all(): readonly Distribution[];
  byId(id: string): Distribution | undefined;
  add(draft: Omit<Distribution, "id" | "keys">, keyNames: readonly (string | null)[]): Distribution;
  /** @param at - instant from which new assets see a changed default */
  replace(next: Distribution, at: number): Distribution;
  newKey(name: string | null): SecurityKey;
  remove(id: string, at: number): void;
  /** Default distribution of new assets. */
  readonly default: VersionedSetting<string | null>;
}

/** Most keys of one distribution, so that one can be replaced while the other is in use. */
export const MAX_KEYS = 2;

/** Creates an empty set of distributions. */
export function createDistributions(seed: number): Distributions {
  const distributions = new Map<string, Distribution>();
  const ofNewAssets = createVersionedSetting<string | null>(null);
  let [created, keys] = [0, 0];

  const newKey = (name: string | null) => ({ id: hexSecret(seed, `media key ${++keys}`).slice(0, 32), name });

  function put(next: Distribution, at: number): Distribution {
    if (next.isDefault) {
      for (const other of distributions.values()) distributions.set(other.id, { ...other, isDefault: false });
    }
    distributions.set(next.id, next);
    noteDefault(at);
    return next;
  }

  function noteDefault(at: number): void {
    const chosen = [...distributions.values()].find(({ isDefault }) => isDefault)?.id ?? null;
    if (chosen !== ofNewAssets.at(at)) ofNewAssets.set(chosen, at);
  }

  return {
    all: () => [...distributions.values()],
    byId: (id) => distributions.get(id),
    add(draft, keyNames) {
      const id = hexSecret(seed, `media distribution ${++created}`).slice(0, 32);
      return put({ ...draft, id, keys: keyNames.map(newKey) }, draft.createdAt);
    },
    replace: put,
    newKey,
    remove(id, at) {
      distributions.delete(id);
      noteDefault(at);
    },
    default: ofNewAssets,
  };
}
