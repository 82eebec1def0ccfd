import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type AssetPosition, createMediaAssetLoader } from "../../src/loaders/media-assets.ts";
import type { MediaAssetRecord } from "../../src/model/media/media.ts";
import { MAX_ASSETS_PER_CALL, type MediaAssets, type MediaAssetsQuery } from "../../src/upstream/media-assets.ts";

interface Kept {
  readonly id: string;
  readonly startedAt: number;
}

/** A platform that has nothing but pages: assets of one instant come in an order of its own, another one for each list. */
function platformOf(kept: readonly Kept[]) {
  let calls = 0;
  const list = async ({ newestFirst }: MediaAssetsQuery, page: number) => {
    calls += 1;
    const sorted = kept.toSorted((a, b) => (newestFirst ? b.startedAt - a.startedAt : a.startedAt - b.startedAt));
    return sorted.slice((page - 1) * MAX_ASSETS_PER_CALL, page * MAX_ASSETS_PER_CALL) as MediaAssetRecord[];
  };
  return { loader: createMediaAssetLoader({ list } as unknown as MediaAssets), calls: () => calls };
}

const query = (newestFirst: boolean): MediaAssetsQuery => ({ types: ["CLIP"], states: ["COMPLETE"], newestFirst });
const inOrder = (kept: readonly Kept[], newestFirst: boolean) =>
  kept.toSorted(
    (a, b) => (newestFirst ? b.startedAt - a.startedAt : a.startedAt - b.startedAt) || (a.id < b.id ? -1 : 1),
  );

const lists = fc
  .uniqueArray(fc.nat(999), { minLength: 0, maxLength: 350, size: "max" })
  // Few instants for many assets: simulcast layers of one broadcast begin together.
  .chain((numbers) => fc.tuple(fc.constant(numbers), fc.integer({ min: 1, max: 300 })))
  .map(([numbers, instants]) =>
    numbers.map((number): Kept => ({ id: `asset-${number}`, startedAt: (number * 7919) % instants })),
  );

describe("media asset loader: pages", () => {
  it("hold each asset of a window once, in order, whatever comes and goes between them", async () => {
    await fc.assert(
      fc.asyncProperty(
        lists,
        fc.boolean(),
        fc.integer({ min: 1, max: 120 }),
        fc.tuple(fc.integer({ min: -1, max: 300 }), fc.integer({ min: 0, max: 301 })),
        fc.nat(),
        async (before, newestFirst, size, [from, to], salt) => {
          const range = salt % 3 === 0 ? {} : { from, to };
          const isIn = ({ startedAt }: Kept) => salt % 3 === 0 || (startedAt >= from && startedAt < to);
          const seen: string[] = [];
          let kept = before;
          let after: AssetPosition | null = null;
          for (let turn = 0; ; turn += 1) {
            const placed = await platformOf(kept).loader.first(query(newestFirst), { ...range, after }, size);
            seen.push(...placed.map(({ asset }) => asset.id));
            if (placed.length < size) break;
            after = placed.at(-1)?.position ?? null;
            // Between two pages a part is deleted, wherever it stands, and others come in front.
            const gone = (index: number) => (index * 31 + salt + turn) % 5 === 0;
            kept = kept
              .filter((_asset, index) => !gone(index))
              .concat({
                id: `new-${turn}`,
                startedAt: newestFirst ? 1_000 + turn : -1_000 - turn,
              });
          }
          expect(new Set(seen).size).toBe(seen.length);
          const kinds = new Map([...before, ...kept].map((asset) => [asset.id, asset]));
          const found = seen.map((id) => kinds.get(id) ?? { id, startedAt: Number.NaN });
          expect(found).toEqual(inOrder(found, newestFirst));
          // What was there from the first page to the last is in the list.
          const stayed = before.filter((asset) => kept.includes(asset) && isIn(asset)).map(({ id }) => id);
          expect(stayed.filter((id) => !seen.includes(id))).toEqual([]);
          expect(found.every(isIn)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("deep in a long list are found by a few calls", async () => {
    const kept = Array.from({ length: 40_000 }, (_, index): Kept => ({ id: `asset-${index}`, startedAt: index }));
    const { loader, calls } = platformOf(kept);
    const deep = await loader.first(query(false), { from: 31_234, after: null }, 10);
    expect(deep.map(({ asset }) => asset.startedAt)).toEqual([...Array(10).keys()].map((index) => 31_234 + index));
    // Of 400 pages: nine steps that double, and eight halves.
    expect(calls()).toBeLessThanOrEqual(18);
    const former = calls();
    await loader.first(query(false), { after: deep.at(-1)?.position ?? null }, 10);
    expect(calls() - former).toBe(1);
  });
});
