import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DAY_MS, floorTo } from "../../../src/model/usage/time.ts";
import { AttendanceCounter, type AttendedConnection, sumAttendance } from "../../../src/model/viewing/attendance.ts";

const START = Date.UTC(2026, 2, 1);

const connections: fc.Arbitrary<AttendedConnection[]> = fc.array(
  fc
    .record({
      clientId: fc.constantFrom("a", "b", "c", "d", "e"),
      previousRecordId: fc.option(fc.constantFrom("1", "2"), { freq: 2 }),
      startedAt: fc.integer({ min: START, max: START + 3 * DAY_MS }),
      durationSeconds: fc.integer({ min: 0, max: 200_000 }),
      isOver: fc.boolean(),
      streamName: fc.constantFrom("news", "sport"),
      trackingId: fc.option(fc.constantFrom("acme", "meadow")),
      country: fc.option(fc.constantFrom("GB", "FR")),
    })
    .map(({ isOver, ...connection }) => ({
      ...connection,
      endedAt: isOver ? connection.startedAt + connection.durationSeconds * 1000 : null,
    })),
  { maxLength: 60 },
);

function counted(all: readonly AttendedConnection[], maxViewers = 1_000): AttendanceCounter {
  const counter = new AttendanceCounter(maxViewers, true);
  for (const connection of all) counter.add(connection);
  return counter;
}

const sorted = (rows: readonly unknown[]) => rows.map((row) => JSON.stringify(row)).sort();

describe("attendance", () => {
  it("counts a session, its reconnects included, once, and its whole watch time", async () => {
    const first = {
      clientId: "a",
      previousRecordId: null,
      startedAt: START,
      endedAt: START + 60_000,
      durationSeconds: 60,
      streamName: "news",
      trackingId: "acme",
      country: "GB",
    };
    const again = { ...first, previousRecordId: "1", startedAt: START + 90_000, endedAt: START + 100_000 };
    const counter = counted([first, { ...again, durationSeconds: 10 }]);
    expect(counter.viewers).toBe(1);
    expect(await counter.peak()).toBe(1);
    expect(counter.rows().map(({ viewerDays, ...row }) => ({ ...row, viewerDays }))).toEqual([
      {
        trackingId: "acme",
        streamName: "news",
        country: "GB",
        sessions: 1,
        connections: 2,
        watchSeconds: 70,
        viewerDays: 1,
      },
    ]);
  });

  it("is that of the connections in any order, and adds up over days but for the viewers", () => {
    fc.assert(
      fc.property(connections, (all) => {
        const counter = counted(all);
        expect(sumAttendance(counter.rows())).toEqual({
          sessions: all.filter(({ previousRecordId }) => previousRecordId === null).length,
          connections: all.length,
          watchSeconds: all.reduce((sum, { durationSeconds }) => sum + durationSeconds, 0),
          viewerDays: new Set(
            all.map(({ clientId, startedAt, streamName, trackingId, country }) =>
              [clientId, floorTo(startedAt, DAY_MS), streamName, trackingId, country].join(),
            ),
          ).size,
        });
        expect(counter.viewers).toBe(new Set(all.map(({ clientId }) => clientId)).size);
        expect(counter.ongoing).toBe(all.filter(({ endedAt }) => endedAt === null).length);
        expect(sorted(counted(all.toReversed()).rows())).toEqual(sorted(counter.rows()));
        const dayOf = ({ startedAt }: AttendedConnection) => floorTo(startedAt, DAY_MS);
        const byDay = [...new Set(all.map(dayOf))].flatMap((day) =>
          counted(all.filter((connection) => dayOf(connection) === day)).rows(),
        );
        expect(sumAttendance(byDay)).toEqual(sumAttendance(counter.rows()));
      }),
    );
  });

  it("has as its peak the most connections that are open at one of their starts", async () => {
    await fc.assert(
      fc.asyncProperty(connections, async (all) => {
        const openAt = (instant: number) =>
          all.filter(
            ({ startedAt, endedAt }) => startedAt <= instant && (endedAt ?? Number.POSITIVE_INFINITY) > instant,
          ).length;
        // A connection of no length is open at its start only for itself.
        const lasting = all.every(({ startedAt, endedAt }) => endedAt !== startedAt);
        fc.pre(lasting);
        expect(await counted(all).peak()).toBe(Math.max(0, ...all.map(({ startedAt }) => openAt(startedAt))));
      }),
    );
  });

  it("has no number of viewers when there are too many to tell apart, and the rest as before", () => {
    fc.assert(
      fc.property(connections, fc.integer({ min: 0, max: 20 }), (all, maxViewers) => {
        const [whole, bounded] = [counted(all), counted(all, maxViewers)];
        const told = (whole.viewers ?? 0) + (sumAttendance(whole.rows()).viewerDays ?? 0);
        if (told <= maxViewers) {
          expect(bounded.viewers).toBe(whole.viewers);
          return;
        }
        expect(bounded.viewers).toBeNull();
        const { viewerDays, ...rest } = sumAttendance(bounded.rows());
        expect(viewerDays).toBeNull();
        expect(sumAttendance(whole.rows())).toMatchObject(rest);
      }),
    );
  });
});
