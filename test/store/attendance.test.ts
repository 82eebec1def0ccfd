import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DAY_MS } from "../../src/model/usage/time.ts";
import type { AttendanceRow } from "../../src/model/viewing/attendance.ts";
import { ATTENDANCE_LEASE, LeaseLostError } from "../../src/store/leases.ts";
import type { Lease } from "../../src/store/records.ts";
import type { Store } from "../../src/store/store.ts";
import { createTestDatabase, databaseKinds, type TestDatabase } from "../support/databases.ts";
import { takeLease } from "../support/leases.ts";
import { rejectionOf } from "../support/refusal.ts";

const DAY = Date.UTC(2026, 2, 1);
const LATER = DAY + 2 * DAY_MS;

for (const { kind, isReachable } of databaseKinds) {
  describe.skipIf(!isReachable)(`attendance in ${kind}`, () => {
    let database: TestDatabase;
    let store: Store;
    let lease: Lease;
    beforeAll(async () => {
      database = await createTestDatabase(kind);
      store = await database.open();
      lease = await takeLease(store, ATTENDANCE_LEASE);
    });
    afterAll(() => database[Symbol.asyncDispose]());

    /** Names that no other test has. */
    const names = () => {
      const id = randomUUID();
      const row = (changes: Partial<AttendanceRow> = {}): AttendanceRow => ({
        trackingId: `acme-${id}`,
        streamName: `news-${id}`,
        country: "GB",
        sessions: 2,
        connections: 3,
        watchSeconds: 2 ** 33,
        viewerDays: 2,
        ...changes,
      });
      return { account: `account-${id}`, acme: `acme-${id}`, news: `news-${id}`, row };
    };
    const march = { from: DAY, to: DAY + 31 * DAY_MS };

    it("is that of all days of a window that were counted, by tracking id, stream and country", async () => {
      const { account, acme, news, row } = names();
      const { attendance } = store;
      const [inFrance, untracked] = [
        row({ country: "FR", streamName: "sport" }),
        row({ trackingId: null, country: null }),
      ];
      await attendance.write(account, { day: DAY, readAt: LATER, ongoing: 0 }, [row(), inFrance, untracked], lease);
      await attendance.write(account, { day: DAY + DAY_MS, readAt: LATER, ongoing: 4 }, [row()], lease);
      await attendance.write(account, { day: DAY + 5 * DAY_MS, readAt: LATER, ongoing: 0 }, [], lease);
      expect(await attendance.days(account, march)).toEqual([
        { day: DAY, readAt: LATER, ongoing: 0 },
        { day: DAY + DAY_MS, readAt: LATER, ongoing: 4 },
        { day: DAY + 5 * DAY_MS, readAt: LATER, ongoing: 0 },
      ]);
      const both = row({ sessions: 4, connections: 6, watchSeconds: 2 ** 34, viewerDays: 4 });
      expect(await attendance.rows(account, march, { trackingIds: [acme] })).toEqual([both, inFrance]);
      expect(await attendance.rows(account, march, { streamNames: [news] })).toEqual([untracked, both]);
      expect(await attendance.rows(account, march, { trackingIds: [acme], streamNames: ["sport"] })).toEqual([
        inFrance,
      ]);
      expect(await attendance.rows(account, march, { trackingIds: [null], streamNames: [news] })).toEqual([untracked]);
      expect(await attendance.rows(account, { from: DAY, to: DAY + DAY_MS }, { trackingIds: [acme] })).toEqual([
        row(),
        inFrance,
      ]);
      expect(await attendance.rows(account, march, { trackingIds: [] })).toEqual([]);
      expect(await attendance.rows("other account", march, { trackingIds: [acme] })).toEqual([]);
    });

    it("has the numbers of the last reading of a day, however often that is written", async () => {
      const { account, acme, row } = names();
      const { attendance } = store;
      const grown = row({ watchSeconds: 9, viewerDays: null });
      await attendance.write(account, { day: DAY, readAt: LATER, ongoing: 1 }, [row(), row({ country: "FR" })], lease);
      for (let times = 0; times < 2; times += 1) {
        await attendance.write(account, { day: DAY, readAt: LATER + 1, ongoing: 0 }, [grown], lease);
        expect(await attendance.rows(account, march, { trackingIds: [acme] })).toEqual([grown]);
      }
      expect(await attendance.days(account, march)).toEqual([{ day: DAY, readAt: LATER + 1, ongoing: 0 }]);
    });

    it("is written in many transactions, and read whole or not at all", async () => {
      const { account, acme, row } = names();
      const rows = Array.from({ length: 1_234 }, (_, index) =>
        row({ streamName: `s-${String(index).padStart(4, "0")}` }),
      );
      const writing = store.attendance.write(account, { day: DAY, readAt: LATER, ongoing: 0 }, rows, lease);
      let seen = await store.attendance.rows(account, march, { trackingIds: [acme] });
      expect([0, rows.length]).toContain(seen.length);
      await writing;
      seen = await store.attendance.rows(account, march, { trackingIds: [acme] });
      expect(seen).toEqual(rows);
    });

    it("is not written without the lease", async () => {
      const { account, acme, row } = names();
      await store.attendance.write(account, { day: DAY, readAt: LATER, ongoing: 0 }, [row()], lease);
      const lost = { ...lease, epoch: lease.epoch - 1 };
      for (const rows of [[row({ sessions: 9 })], []]) {
        const write = store.attendance.write(account, { day: DAY, readAt: LATER + 1, ongoing: 0 }, rows, lost);
        expect(await rejectionOf(write)).toBeInstanceOf(LeaseLostError);
      }
      expect(await store.attendance.rows(account, march, { trackingIds: [acme] })).toEqual([row()]);
      expect(await store.attendance.days(account, march)).toEqual([{ day: DAY, readAt: LATER, ongoing: 0 }]);
    });
  });
}
