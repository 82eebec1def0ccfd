import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ArchiveSeries } from "../../src/model/usage/archive.ts";
import { type ArchiveRow, archiveTables } from "../../src/model/usage/archive-tables.ts";
import { DAY_MS, HOUR_MS } from "../../src/model/usage/time.ts";
import type { Store } from "../../src/store/store.ts";
import {
  ARCHIVED_ROWS,
  archiveContents,
  archivePages,
  fillArchive,
  ARCHIVED_HOUR as HOUR,
} from "../support/archives.ts";
import { createTestDatabase, databaseKinds, type TestDatabase } from "../support/databases.ts";
import { takeLease } from "../support/leases.ts";

const WINDOW = { from: HOUR - 400 * DAY_MS, to: HOUR + DAY_MS };
const ACCOUNT = "SYN4DX";

/** Returns a row of the table `usage_rows` with its times in milliseconds after {@link HOUR}. */
const row = (
  owner: string,
  part: string,
  bytesOut: bigint,
  [changedAt, readAt, settledAt]: readonly [number, number, number | null],
): ArchiveRow => [
  ...[owner, "5", "", "1", `${HOUR}`, part],
  ...[`${bytesOut}`, "0", ...Array<null>(11).fill(null)],
  ...[`${HOUR + changedAt}`, `${HOUR + readAt}`, settledAt === null ? null : `${HOUR + settledAt}`, null, null],
];

async function importAll(from: Store, to: Store) {
  const merged = [];
  for (const { table, rows } of await archivePages(from)) merged.push(await to.archiveTransfer.merge(table, rows));
  await to.archiveTransfer.closeGaps();
  return merged;
}

for (const { kind, isReachable } of databaseKinds.filter(({ kind }) => kind !== "file")) {
  describe.skipIf(!isReachable)(`the transfer of an archive over ${kind}`, () => {
    const databases: TestDatabase[] = [];
    const open = async () => {
      const database = await createTestDatabase(kind);
      databases.push(database);
      return database.open();
    };
    let source: Store;
    beforeAll(async () => {
      source = await open();
      await fillArchive(source, ACCOUNT);
    });
    afterAll(async () => {
      for (const database of databases) await database[Symbol.asyncDispose]();
    });

    it("reads every row once, with its states, times, corrections, sources and gaps, and a bucket in one page", async () => {
      const pages = await archivePages(source);
      const seen = new Map<string, number>();
      for (const [index, { table, rows }] of pages.entries()) {
        if (table !== "usage_rows") continue;
        for (const each of rows) {
          const bucket = JSON.stringify(each.slice(0, 5));
          expect(seen.get(bucket) ?? index).toBe(index);
          seen.set(bucket, index);
        }
      }
      const all = await archiveContents(source);
      expect(new Set(all).size).toBe(all.length);
      const counts = archiveTables.map(({ name }) => all.filter((line) => line.startsWith(`${name} `)).length);
      expect(counts).toEqual([...ARCHIVED_ROWS]);
      expect(all.join("\n")).toContain(`"${2n ** 58n + 29n}"`);
    });

    it("gives an empty archive the same contents, and the second time changes nothing", async () => {
      const target = await open();
      await importAll(source, target);
      const contents = await archiveContents(source);
      expect(await archiveContents(target)).toEqual(contents);
      const again = await importAll(source, target);
      expect(again.map(({ ADDED, UPDATED, CORRECTED, conflicts }) => [ADDED, UPDATED, CORRECTED, conflicts])).toEqual(
        again.map(() => [0, 0, 0, []]),
      );
      expect(await archiveContents(target)).toEqual(contents);
      expect(await target.archiveTransfer.accounts()).toEqual([ACCOUNT]);
    });

    const merged = async (ours: readonly ArchiveRow[], theirs: readonly ArchiveRow[]) => {
      const store = await open();
      await store.archiveTransfer.merge("usage_rows", ours);
      const result = await store.archiveTransfer.merge("usage_rows", theirs);
      const series: ArchiveSeries = { owner: "acme", kind: "TRACKING_STREAM", subject: "", granularity: "HOUR" };
      const rows = await store.usageArchive.rows(series, WINDOW);
      const corrections = await store.usageArchive.corrections(series, WINDOW);
      return {
        result,
        rows: rows.map(({ part, traffic, state }) => [part, traffic.bytesOut, state]),
        corrections: corrections.map(({ part, correctedAt, former }) => [
          part,
          correctedAt - HOUR,
          former?.traffic.bytesOut ?? null,
        ]),
      };
    };

    it("keeps a settled figure as a correction, whichever of the two was imported first", async () => {
      const older = row("acme", "", 5n, [1, 2, 3]);
      const newer = row("acme", "", 6n, [10, 12, 12]);
      for (const [ours, theirs] of [
        [older, newer],
        [newer, older],
      ] as const) {
        const { result, rows, corrections } = await merged([ours], [theirs]);
        expect(rows).toEqual([["", 6n, "SETTLED"]]);
        expect(corrections).toEqual([["", 10, 5n]]);
        expect(result).toMatchObject({ CORRECTED: 1, conflicts: [] });
      }
    });

    it("replaces an open figure by one that was read later, and leaves one that was read later", async () => {
      const older = row("acme", "", 5n, [1, 2, null]);
      const newer = row("acme", "", 6n, [10, 12, null]);
      expect(await merged([older], [newer])).toMatchObject({ rows: [["", 6n, "OPEN"]], corrections: [] });
      const { result, rows } = await merged([newer], [older]);
      expect(rows).toEqual([["", 6n, "OPEN"]]);
      expect(result).toMatchObject({ OUTDATED: 1 });
    });

    it("takes a part that a settled bucket does not have for a correction of zero, and an absent one for zero", async () => {
      const ours = [row("acme", "", 0n, [1, 2, 2]), row("acme", "derby", 9n, [1, 2, 2])];
      const theirs = [row("acme", "", 0n, [1, 20, 20]), row("acme", "final", 4n, [15, 20, null])];
      const { rows, corrections } = await merged(ours, theirs);
      expect(rows).toEqual([
        ["", 0n, "SETTLED"],
        ["derby", 0n, "SETTLED"],
        ["final", 4n, "SETTLED"],
      ]);
      expect(corrections).toEqual([
        ["derby", 1, 9n],
        ["final", 15, null],
      ]);
    });

    it("lists a correction that contradicts another one of the same time, and leaves it out", async () => {
      const store = await open();
      const correction = (former: string): ArchiveRow => [
        ...["acme", "5", "", "1", `${HOUR}`, "derby", `${HOUR + 5}`],
        ...[former, "0", ...Array<null>(11).fill(null)],
      ];
      await store.archiveTransfer.merge("usage_corrections", [correction("5")]);
      const { conflicts } = await store.archiveTransfer.merge("usage_corrections", [correction("6")]);
      expect(conflicts).toEqual([expect.stringMatching(/^usage_corrections .*"derby"/)]);
      expect((await archiveContents(store)).filter((line) => line.includes('"6"'))).toEqual([]);
    });

    it("records what neither archive has between two sources as a gap, and closes gaps that rows have filled", async () => {
      const store = await open();
      const sourceRow = (from: number, until: number): ArchiveRow => [
        ...[ACCOUNT, "5", "acme", "1"],
        ...[from, until, until].map((hours) => `${HOUR + hours * HOUR_MS}`),
      ];
      await store.archiveTransfer.merge("usage_sources", [sourceRow(10, 20)]);
      await store.archiveTransfer.merge("usage_sources", [sourceRow(0, 5)]);
      const gap = { kind: "TRACKING_STREAM", name: "acme", granularity: "HOUR" };
      expect(await store.usageArchive.gaps(ACCOUNT, 9)).toEqual([
        { ...gap, from: HOUR + 5 * HOUR_MS, until: HOUR + 10 * HOUR_MS },
      ]);
      expect(await store.usageArchive.sources(ACCOUNT)).toMatchObject([{ from: HOUR, until: HOUR + 20 * HOUR_MS }]);
      const filled = row("acme", "", 0n, [0, 0, null]).with(4, `${HOUR + 6 * HOUR_MS}`);
      await store.archiveTransfer.merge("usage_rows", [filled]);
      await store.archiveTransfer.closeGaps();
      expect(await store.usageArchive.gaps(ACCOUNT, 9)).toEqual([
        { ...gap, from: HOUR + 7 * HOUR_MS, until: HOUR + 10 * HOUR_MS },
        { ...gap, from: HOUR + 5 * HOUR_MS, until: HOUR + 6 * HOUR_MS },
      ]);
    });

    it("keeps the start of a source that the collector did not know when it began", async () => {
      const store = await open();
      const lease = await takeLease(store);
      const from = (hours: number) => [
        {
          kind: "ACCOUNT",
          name: "",
          granularity: "HOUR",
          from: HOUR + hours * HOUR_MS,
          until: HOUR + 9 * HOUR_MS,
          readUntil: HOUR,
        } as const,
      ];
      await store.usageArchive.saveSources(ACCOUNT, from(5), lease);
      await store.usageArchive.saveSources(ACCOUNT, from(2), lease);
      await store.usageArchive.saveSources(ACCOUNT, from(5), lease);
      expect(await store.usageArchive.sources(ACCOUNT)).toMatchObject([{ from: HOUR + 2 * HOUR_MS }]);
    });

    it("keeps which hours a day has replaced, of both archives, and which of them its figures lack", async () => {
      const day = (replaced: string | null, lacking: string | null, readAt: number, bytesOut = 9n): ArchiveRow => {
        const midnight = `${HOUR - (HOUR % DAY_MS)}`;
        return row("acme", "", bytesOut, [0, readAt, readAt])
          .with(3, "2")
          .with(4, midnight)
          .with(-2, replaced)
          .with(-1, lacking);
      };
      const bitsAfter = async (...days: ArchiveRow[]) => {
        const store = await open();
        for (const each of days) await store.archiveTransfer.merge("usage_rows", [each]);
        const [merged] = (await archivePages(store))[0]?.rows ?? [];
        return merged?.slice(-2);
      };
      expect(await bitsAfter(day(null, null, 1), day("7", "1", 2))).toEqual(["7", "1"]);
      expect(await bitsAfter(day("7", "1", 2), day(null, null, 1))).toEqual(["7", "1"]);
      expect(await bitsAfter(day("3", "5", 1), day("12", "4", 2))).toEqual(["15", "4"]);
      expect(await bitsAfter(day("3", "5", 1), day("12", "4", 2, 10n))).toEqual(["15", "4"]);
      const wrong = [day("16777216", null, 1), row("acme", "", 1n, [0, 0, null]).with(-2, "1")];
      const store = await open();
      for (const each of wrong)
        await expect(store.archiveTransfer.merge("usage_rows", [each])).rejects.toMatchObject({
          code: "INVALID_INPUT",
        });
    });

    it("counts attendance of the day that was read later, whichever was imported first", async () => {
      const counted = (readAt: number, sessions: string): [ArchiveRow, ArchiveRow] => {
        const day = `${HOUR - (HOUR % DAY_MS)}`;
        return [
          ["acme", day, "derby", "DE", `${readAt}`, sessions, "1", "1", null],
          [ACCOUNT, day, `${readAt}`, "0"],
        ];
      };
      for (const order of [
        [counted(5, "5"), counted(9, "9")],
        [counted(9, "9"), counted(5, "5")],
      ]) {
        const store = await open();
        for (const [row, day] of order) {
          await store.archiveTransfer.merge("attendance", [row]);
          await store.archiveTransfer.merge("attendance_days", [day]);
        }
        expect(await store.attendance.rows(ACCOUNT, WINDOW, {})).toMatchObject([{ sessions: 9 }]);
      }
    });

    it.each([
      ["a negative count", row("acme", "", -1n, [0, 0, null])],
      ["a count beyond 64 bits", row("acme", "", 2n ** 63n, [0, 0, null])],
      ["a fraction", row("acme", "", 1n, [0, 0, null]).with(6, "1.5")],
      ["a bucket within an hour", row("acme", "", 1n, [0, 0, null]).with(4, `${HOUR + 1}`)],
      ["an unknown kind", row("acme", "", 1n, [0, 0, null]).with(1, "9")],
      ["no row of the whole bucket", row("acme", "derby", 1n, [0, 0, null])],
      ["a cell too few", row("acme", "", 1n, [0, 0, null]).slice(1)],
      ["a null owner", row("acme", "", 1n, [0, 0, null]).with(0, null)],
    ])("rejects %s, and writes nothing of the chunk", async (_what, wrong) => {
      const before = await archiveContents(source);
      const merging = source.archiveTransfer.merge("usage_rows", [
        row("acme", "", 1n, [0, 0, null]).with(4, `${HOUR - HOUR_MS}`),
        wrong,
      ]);
      await expect(merging).rejects.toMatchObject({ code: "INVALID_INPUT" });
      expect(await archiveContents(source)).toEqual(before);
    });
  });
}

describe("merging a row of two archives", () => {
  it("has the same result in any order and any number of times", async () => {
    await using database = await createTestDatabase("memory");
    const store = await database.open();
    const time = fc.integer({ min: 0, max: 5 });
    const one = fc.record({ value: fc.bigInt({ min: 0n, max: 3n }), changed: time, read: time, settles: fc.boolean() });
    let owners = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(one, { minLength: 1, maxLength: 4 }),
        fc.infiniteStream(fc.nat()),
        async (observed, random) => {
          const outcome = async (order: readonly (typeof observed)[number][]) => {
            owners += 1;
            const owner = `owner ${owners}`;
            for (const { value, changed, read, settles } of order) {
              const readAt = changed + read;
              await store.archiveTransfer.merge("usage_rows", [
                row(owner, "", value, [changed, readAt, settles ? readAt : null]),
              ]);
            }
            const series: ArchiveSeries = { owner, kind: "TRACKING_STREAM", subject: "", granularity: "HOUR" };
            return (await store.usageArchive.rows(series, WINDOW)).map(({ traffic, state }) => [
              traffic.bytesOut,
              state,
            ]);
          };
          const shuffled = observed.map((each) => ({ each, at: random.next().value ?? 0 })).sort((a, b) => a.at - b.at);
          const expected = await outcome(observed);
          expect(await outcome(shuffled.map(({ each }) => each))).toEqual(expected);
          expect(await outcome([...observed, ...observed])).toEqual(expected);
        },
      ),
      { numRuns: 100 },
    );
  });
});
