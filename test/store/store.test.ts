import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { NewApiKey } from "../../src/store/api-keys.ts";
import type { NewPartner } from "../../src/store/partners.ts";
import type { AuditEntry } from "../../src/store/records.ts";
import type { Store } from "../../src/store/store.ts";
import { createTestDatabase, databaseKinds, type TestDatabase } from "../support/databases.ts";
import { rejectionOf } from "../support/refusal.ts";

/** Ends in what nobody else has, so that tests can share a database. */
const own = (name: string) => `${name}-${randomUUID()}`;

const partner = (changes: Partial<NewPartner> = {}): NewPartner => ({
  name: "Northwind TV",
  trackingIds: [own("northwind")],
  contact: null,
  timeZone: "Europe/Berlin",
  currency: "EUR",
  notes: null,
  ...changes,
});

const apiKey = (changes: Partial<NewApiKey> = {}): NewApiKey => ({
  name: "desk",
  role: "OPERATOR",
  partnerId: null,
  scopes: ["usage:read"],
  allowedOrigins: [],
  allowedNetworks: [],
  expiresAt: null,
  ...changes,
});

const entry = (changes: Partial<AuditEntry> = {}): AuditEntry => ({
  at: 1_000,
  principalId: "key-1",
  principalName: "desk",
  role: "OPERATOR",
  partnerId: null,
  address: "192.0.2.1",
  operation: "createPartner",
  objectId: null,
  detail: "{}",
  ...changes,
});

const done = { outcome: "DONE", code: null, objectId: null } as const;

for (const { kind, isReachable } of databaseKinds) {
  describe.skipIf(!isReachable)(`the store in ${kind}`, () => {
    let database: TestDatabase;
    let store: Store;
    beforeAll(async () => {
      database = await createTestDatabase(kind);
      store = await database.open();
    });
    afterAll(() => database[Symbol.asyncDispose]());

    describe("stores partners", () => {
      it("as they were given, active from their creation", async () => {
        const trackingIds = [own("z"), own("a"), own("m")];
        const given = partner({ trackingIds, contact: "ops@example.com", notes: "Päonien 🏇" });
        const created = await store.partners.create(given, 1_773_829_200_000);
        expect(created).toEqual({
          ...given,
          zones: "Europe/Berlin",
          id: created.id,
          status: "ACTIVE",
          createdAt: 1_773_829_200_000,
        });
        expect(await store.partners.byId(created.id)).toEqual(created);
      });

      it("and returns null for any other id, however odd", async () => {
        for (const id of ["", "nobody", "' or 1=1 --", "a\0b", "\ud800", "x".repeat(10_000)]) {
          expect(await store.partners.byId(id)).toBeNull();
          expect(await store.partners.update(id, { name: "x" })).toBeNull();
        }
      });

      it("by name, and those of one name by id", async () => {
        const names = ["b", "B", "ä", "a", "a"].map((name) => `zz ${name}`);
        for (const name of names) await store.partners.create(partner({ name }), 1);
        const all = (await store.partners.all()).filter(({ name }) => name.startsWith("zz "));
        expect(all.map(({ name }) => name)).toEqual(["zz B", "zz a", "zz a", "zz b", "zz ä"]);
        expect(all[1]?.id.localeCompare(all[2]?.id ?? "")).toBe(-1);
      });

      it("with their changes, and leaves what is not changed", async () => {
        const { id, ...before } = await store.partners.create(partner({ contact: "a", notes: "b" }), 5);
        expect(await store.partners.update(id, { contact: null, status: "SUSPENDED", name: undefined })).toEqual({
          id,
          ...before,
          contact: null,
          status: "SUSPENDED",
        });
        expect(await store.partners.update(id, {})).toMatchObject({ status: "SUSPENDED", notes: "b" });
      });

      it("with their time zones by month, and the account's for those without whole-hour offsets", async () => {
        const { id } = await store.partners.create(partner(), 1);
        const zones = async () => (await store.partners.byId(id))?.zones;
        await store.partners.setTimeZone(id, "Asia/Tokyo", "2026-12");
        await store.partners.setTimeZone(id, "Asia/Kolkata", "2026-11");
        const berlin = { fromMonth: null, timeZone: "Europe/Berlin" };
        expect(await store.partners.byId(id)).toMatchObject({
          timeZone: "Asia/Kolkata",
          zones: [berlin, { fromMonth: "2026-11", timeZone: "UTC" }],
        });
        expect((await store.partners.all()).find((each) => each.id === id)?.zones).toEqual(await zones());
        const before = await store.partners.version();
        await store.partners.setBillingTimeZone("Asia/Dubai", "2027-01");
        expect(await store.partners.version()).toBeGreaterThan(before);
        expect(await store.partners.billingTimeZones()).toEqual([
          { fromMonth: null, timeZone: "UTC" },
          { fromMonth: "2027-01", timeZone: "Asia/Dubai" },
        ]);
        expect(await zones()).toEqual([
          berlin,
          { fromMonth: "2026-11", timeZone: "UTC" },
          { fromMonth: "2027-01", timeZone: "Asia/Dubai" },
        ]);
        await store.partners.setTimeZone(id, "Europe/Berlin", "2026-11");
        expect(await zones()).toBe("Europe/Berlin");
        await store.partners.setBillingTimeZone("UTC", "2027-01");
        expect(await store.partners.billingTimeZones()).toEqual([{ fromMonth: null, timeZone: "UTC" }]);
      });

      it("and rises its version with every change, and with nothing else", async () => {
        const versions = [await store.partners.version()];
        const note = async () => versions.push(await store.partners.version());
        const { id } = await store.partners.create(partner(), 1);
        await note();
        await store.partners.update(id, { name: "other" });
        await note();
        const more = own("more");
        await store.partners.addTrackingId(id, more, 1);
        await note();
        await store.partners.removeTrackingId(id, more, 1, 1);
        await note();
        expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
        await store.partners.all();
        await store.apiKeys.create(apiKey(), own("hash"), 1);
        expect(await store.partners.version()).toBe(versions.at(-1));
      });

      it("with a list of tracking ids that grows at its end and never gets empty", async () => {
        const [first, second, third] = [own("one"), own("two"), own("three")];
        const { id } = await store.partners.create(partner({ trackingIds: [first] }), 1);
        await store.partners.addTrackingId(id, second, 1);
        await store.partners.addTrackingId(id, third, 1);
        await store.partners.addTrackingId(id, third, 1);
        await store.partners.removeTrackingId(id, first, 1, 1);
        await store.partners.removeTrackingId(id, first, 1, 1);
        await store.partners.addTrackingId(id, first, 1);
        expect((await store.partners.byId(id))?.trackingIds).toEqual([second, third, first]);
        await store.partners.removeTrackingId(id, second, 1, 1);
        await store.partners.removeTrackingId(id, third, 1, 1);
        expect((await rejectionOf(store.partners.removeTrackingId(id, first, 1, 1))).code).toBe("CONFLICT");
        expect((await store.partners.byId(id))?.trackingIds).toEqual([first]);
      });

      it("of which one has a tracking id: a second one is refused, and nothing of it is stored", async () => {
        const [taken, free] = [own("taken"), own("free")];
        await store.partners.create(partner({ trackingIds: [taken] }), 1);
        const name = own("second");
        const refusal = await rejectionOf(store.partners.create(partner({ name, trackingIds: [free, taken] }), 1));
        expect(refusal).toMatchObject({ code: "TRACKING_ID_TAKEN", facts: { trackingId: taken } });
        expect((await store.partners.all()).map((other) => other.name)).not.toContain(name);
        const { id } = await store.partners.create(partner({ trackingIds: [free] }), 1);
        expect(await rejectionOf(store.partners.addTrackingId(id, taken, 1))).toMatchObject({
          facts: { trackingId: taken },
        });
        // Tracking ids are compared as the platform does, with their case.
        await store.partners.addTrackingId(id, taken.toUpperCase(), 1);
      });

      it("of which exactly one wins when many race for a tracking id", async () => {
        const trackingIds = [own("raced"), own("raced-too")];
        const racers = Array.from({ length: 12 }, (_, index) =>
          store.partners.create(partner({ trackingIds: index % 2 ? trackingIds : trackingIds.toReversed() }), 1),
        );
        const ends = await Promise.allSettled(racers);
        expect(ends.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
        for (const end of ends) {
          if (end.status === "rejected") expect(end.reason).toMatchObject({ code: "TRACKING_ID_TAKEN" });
        }
      });
    });

    describe("stores API keys", () => {
      it("as they were given, found by id and by hash, and never returns the hash", async () => {
        const { id: partnerId } = await store.partners.create(partner(), 1);
        const given = apiKey({
          role: "PARTNER",
          partnerId,
          scopes: ["usage:read", "token:sign"],
          allowedOrigins: ["https://a.example"],
          allowedNetworks: ["192.0.2.0/24", "2001:db8::/32"],
          expiresAt: 99,
        });
        const hash = own("hash");
        const created = await store.apiKeys.create(given, hash, 7);
        expect(created).toEqual({
          ...given,
          kind: "ApiKey",
          id: created.id,
          createdAt: 7,
          revokedAt: null,
          lastUsedAt: null,
          replacedById: null,
        });
        expect(await store.apiKeys.byId(created.id)).toEqual(created);
        expect(await store.apiKeys.byHash(hash)).toEqual(created);
        expect(await store.apiKeys.byHash(hash.toUpperCase())).toBeNull();
        expect(await store.apiKeys.byId("nobody")).toBeNull();
      });

      it("of one partner or all, oldest first", async () => {
        const { id: partnerId } = await store.partners.create(partner(), 1);
        const ids: string[] = [];
        for (const at of [3, 1, 2]) {
          ids.push((await store.apiKeys.create(apiKey({ role: "PARTNER", partnerId }), own("hash"), at)).id);
        }
        const list = await store.apiKeys.list({ partnerId });
        expect(list.map(({ createdAt }) => createdAt)).toEqual([1, 2, 3]);
        const all = await store.apiKeys.list({});
        expect(all.filter(({ id }) => ids.includes(id))).toEqual(list);
      });

      it("that end earlier when they are replaced, and never later", async () => {
        const successor = await store.apiKeys.create(apiKey(), own("hash"), 1);
        for (const [expiresAt, endsAt] of [
          [null, 50],
          [100, 50],
          [30, 30],
        ] as const) {
          const { id } = await store.apiKeys.create(apiKey({ expiresAt }), own("hash"), 1);
          expect(await store.apiKeys.replace(id, successor.id, 50)).toMatchObject({
            expiresAt: endsAt,
            replacedById: successor.id,
          });
        }
        expect(await store.apiKeys.replace("nobody", successor.id, 50)).toBeNull();
      });

      it("that were revoked once for all", async () => {
        const { id: partnerId } = await store.partners.create(partner(), 1);
        const keys = [];
        for (let count = 0; count < 2; count += 1) {
          keys.push(await store.apiKeys.create(apiKey({ role: "PARTNER", partnerId }), own("hash"), 1));
        }
        const [first] = keys;
        expect(await store.apiKeys.revoke(first?.id ?? "", 10)).toMatchObject({ revokedAt: 10 });
        expect(await store.apiKeys.revoke(first?.id ?? "", 20)).toMatchObject({ revokedAt: 10 });
        expect(await store.apiKeys.revoke("nobody", 10)).toBeNull();
        await store.apiKeys.revokeOf(partnerId, 30);
        const revoked = (await store.apiKeys.list({ partnerId })).map(({ revokedAt }) => revokedAt);
        expect(revoked.sort()).toEqual([10, 30]);
      });

      it("with their last use, which only moves on", async () => {
        const [a, b] = [
          await store.apiKeys.create(apiKey(), own("hash"), 1),
          await store.apiKeys.create(apiKey(), own("hash"), 1),
        ];
        await store.apiKeys.touch(
          new Map([
            [a.id, 60],
            [b.id, 120],
            ["nobody", 1],
          ]),
        );
        await store.apiKeys.touch(new Map([[b.id, 60]]));
        expect((await store.apiKeys.byId(a.id))?.lastUsedAt).toBe(60);
        expect((await store.apiKeys.byId(b.id))?.lastUsedAt).toBe(120);
        await store.apiKeys.touch(new Map());
      });
    });

    it("stores signing keys until they expire, newest first", async () => {
      const signingKey = (kid: string, createdAt: number) => ({
        kid,
        publicJwk: "{}",
        sealedPrivateJwk: "sealed",
        createdAt,
        retiresAt: createdAt + 10,
        expiresAt: createdAt + 20,
      });
      for (const key of [signingKey("one", 100), signingKey("two", 110)]) await store.signingKeys.create(key);
      expect(await store.signingKeys.list(119)).toEqual([signingKey("two", 110), signingKey("one", 100)]);
      expect((await store.signingKeys.list(120)).map(({ kid }) => kid)).toEqual(["two"]);
      await store.signingKeys.deleteExpired(120);
      expect(await store.signingKeys.list(0)).toEqual([signingKey("two", 110)]);
    });

    describe("stores counts of refused attempts", () => {
      const attempt = (principalId: string, operation: string, minute: number, code = "FORBIDDEN") => ({
        principalId,
        operation,
        minute,
        principalName: "desk",
        role: "PARTNER",
        partnerId: null,
        code,
        attempts: 1,
      });

      it("in one row for each caller, operation and minute, also for those that come at the same time", async () => {
        const [a, b] = [own("a"), own("b")];
        await Promise.all(Array.from({ length: 1_200 }, () => store.refusedAttempts.add(attempt(a, "stop", 60_000))));
        await store.refusedAttempts.add(attempt(a, "stop", 60_000, "PARTNER_NOT_ACTIVE"));
        await store.refusedAttempts.add(attempt(a, "delete", 60_000));
        await store.refusedAttempts.add(attempt(b, "stop", 120_000));
        const ofA = await store.refusedAttempts.list({ principalId: a }, 10);
        expect(ofA).toEqual([
          attempt(a, "delete", 60_000),
          { ...attempt(a, "stop", 60_000, "PARTNER_NOT_ACTIVE"), attempts: 1_201 },
        ]);
        expect(await store.refusedAttempts.list({ principalId: b, from: 120_000, to: 120_001 }, 10)).toHaveLength(1);
        expect(await store.refusedAttempts.list({ principalId: b, to: 120_000 }, 10)).toEqual([]);
      });

      it("in pages, newest minute first", async () => {
        const operation = own("operation");
        const keys = [own("a"), own("b")];
        for (const key of keys) {
          for (const minute of [60_000, 120_000]) await store.refusedAttempts.add(attempt(key, operation, minute));
        }
        const all = await store.refusedAttempts.list({ operation }, 10);
        expect(all.map(({ minute }) => minute)).toEqual([120_000, 120_000, 60_000, 60_000]);
        const paged = [];
        for (let after = all[0]; after; ) {
          paged.push(after);
          [after] = await store.refusedAttempts.list({ operation }, 1, after);
        }
        expect(paged).toEqual(all);
      });

      it("until they are deleted by age", async () => {
        const [principalId, operation] = [own("a"), own("operation")];
        for (const minute of [60_000, 120_000])
          await store.refusedAttempts.add(attempt(principalId, operation, minute));
        await store.refusedAttempts.deleteBefore(120_000);
        expect((await store.refusedAttempts.list({ operation }, 10)).map(({ minute }) => minute)).toEqual([120_000]);
      });
    });

    describe("stores the audit log", () => {
      it("with the outcome of each entry, which may be unknown", async () => {
        const principalId = own("key");
        const open = await store.audit.append(entry({ principalId, objectId: "given" }));
        const refused = await store.audit.append(entry({ principalId }), {
          outcome: "REFUSED",
          code: "FORBIDDEN",
          objectId: null,
        });
        expect(await store.audit.byId(open)).toEqual({
          ...entry({ principalId, objectId: "given" }),
          kind: "AuditEntry",
          id: open,
          outcome: "UNKNOWN",
          code: null,
          objects: [],
        });
        expect(await store.audit.byId(refused)).toMatchObject({ outcome: "REFUSED", code: "FORBIDDEN" });
        await store.audit.end(open, { ...done, objectId: "made" });
        expect(await store.audit.byId(open)).toMatchObject({ outcome: "DONE", objectId: "given" });
      });

      it("with the objects of each entry, by each of which it is found, and an object's latest effect", async () => {
        const [principalId, a, b, c] = [own("key"), own("a"), own("b"), own("c")];
        const ended = await store.audit.append(entry({ principalId }), { ...done, outcome: "PARTIAL", code: "X" }, [
          { objectId: a, effect: "CHANGED" },
          { objectId: b, effect: "UNCHANGED" },
        ]);
        const open = await store.audit.append(entry({ principalId }));
        await store.audit.addObjects(open, [
          { objectId: b, effect: "CHANGED" },
          { objectId: c, effect: "USED" },
        ]);
        await store.audit.end(open, done, [{ objectId: b, effect: "UNDONE" }]);
        expect(await store.audit.list({ principalId }, 10)).toMatchObject([
          {
            id: open,
            outcome: "DONE",
            objects: expect.arrayContaining([
              { objectId: b, effect: "UNDONE" },
              { objectId: c, effect: "USED" },
            ]),
          },
          {
            id: ended,
            outcome: "PARTIAL",
            objects: [
              { objectId: a, effect: "CHANGED" },
              { objectId: b, effect: "UNCHANGED" },
            ],
          },
        ]);
        const found = async (objectId: string) =>
          (await store.audit.list({ principalId, objectId }, 10)).map(({ id }) => id);
        expect([await found(a), await found(b), await found(c)]).toEqual([[ended], [open, ended], [open]]);
        expect((await store.audit.byId(open))?.objects).toHaveLength(2);
      });

      it("with no object of an end that could not be written", async () => {
        const principalId = own("key");
        const id = await store.audit.append(entry({ principalId }), done);
        await expect(store.audit.end(id, done, [{ objectId: own("x"), effect: "CHANGED" }])).rejects.toThrow();
        expect((await store.audit.byId(id))?.objects).toEqual([]);
      });

      it("with all objects of an entry that has thousands", async () => {
        const objects = Array.from({ length: 12_000 }, (_, index) => ({
          objectId: own(`object ${index}`),
          effect: "CHANGED" as const,
        }));
        const id = await store.audit.append(entry({ principalId: own("key") }), done, objects);
        expect((await store.audit.byId(id))?.objects).toEqual(objects);
      });

      it("in which an entry ends once, and only one that is there", async () => {
        const id = await store.audit.append(entry(), done);
        await expect(store.audit.end(id, { outcome: "FAILED", code: "X", objectId: null })).rejects.toThrow();
        await expect(store.audit.end("999999999", done)).rejects.toThrow();
        expect(await store.audit.byId(id)).toMatchObject({ outcome: "DONE" });
      });

      it("in the order of writing, also for what is written at the same time", async () => {
        const principalId = own("key");
        const ids = await Promise.all(
          Array.from({ length: 1_200 }, (_, index) => store.audit.append(entry({ principalId, detail: `${index}` }))),
        );
        expect(ids.map(Number)).toEqual(ids.map(Number).toSorted((a, b) => a - b));
        const newest = await store.audit.list({ principalId }, 3);
        expect(newest.map(({ id, detail }) => [id, detail])).toEqual([
          [ids[1_199], "1199"],
          [ids[1_198], "1198"],
          [ids[1_197], "1197"],
        ]);
        const older = await store.audit.list({ principalId }, 2, newest[2]?.id);
        expect(older.map(({ detail }) => detail)).toEqual(["1196", "1195"]);
      });

      it("by every filter, alone and together", async () => {
        const [principalId, partnerId, operation, objectId] = [own("k"), own("p"), own("o"), own("x")];
        const plain = await store.audit.append(entry({ principalId, at: 10 }), done);
        const ofPartner = await store.audit.append(entry({ principalId, partnerId, at: 20 }));
        const other = await store.audit.append(entry({ principalId, operation, at: 30 }), {
          ...done,
          outcome: "FAILED",
        });
        const named = await store.audit.append(entry({ principalId, objectId, at: 40 }), done);
        const made = await store.audit.append(entry({ principalId, at: 50 }), { ...done, objectId });
        const found = async (filter: Parameters<Store["audit"]["list"]>[0]) =>
          (await store.audit.list(filter, 10)).map(({ id }) => id);
        expect(await found({ principalId })).toEqual([made, named, other, ofPartner, plain]);
        expect(await found({ partnerId })).toEqual([ofPartner]);
        expect(await found({ operation })).toEqual([other]);
        expect(await found({ objectId })).toEqual([made, named]);
        expect(await found({ principalId, outcome: "UNKNOWN" })).toEqual([ofPartner]);
        expect(await found({ principalId, outcome: "FAILED" })).toEqual([other]);
        expect(await found({ principalId, from: 20, to: 40 })).toEqual([other, ofPartner]);
        expect(await found({ objectId, to: 50, outcome: "DONE" })).toEqual([named]);
        expect(await found({ principalId: "' or 1=1 --" })).toEqual([]);
      });

      it("and finds no entry by a malformed id", async () => {
        for (const id of ["", "0", "01", "-1", "1.0", "1e3", " 1", "99999999999999999999", "x"]) {
          expect(await store.audit.byId(id)).toBeNull();
          expect(await store.audit.list({}, 1, id)).toEqual([]);
        }
      });
    });

    describe("stores the streams of patterns that the gateway can't read", () => {
      const coverage = (pattern: string, ...streamNames: string[]) => ({
        pattern,
        streamNames,
        recordedById: "key-1",
        recordedByName: "desk",
        recordedAt: 1_000,
      });

      it("one record for each, the last, until it is removed", async () => {
        const { patternCoverages } = store;
        const [first, second] = [own("a(?!x)"), own("b(?!x)")];
        await patternCoverages.record(coverage(second, "news"));
        await patternCoverages.record(coverage(first, "sport-1", "sport-2"));
        await patternCoverages.record({ ...coverage(second), recordedAt: 2_000 });
        const mine = async () =>
          (await patternCoverages.all()).filter(({ pattern }) => [first, second].includes(pattern));
        expect(await mine()).toEqual([
          coverage(first, "sport-1", "sport-2"),
          { ...coverage(second), recordedAt: 2_000 },
        ]);
        await patternCoverages.remove(first);
        await patternCoverages.remove("never recorded");
        expect((await mine()).map(({ pattern }) => pattern)).toEqual([second]);
      });
    });

    describe("makes a transaction", () => {
      it("as a whole", async () => {
        const principalId = own("key");
        const made = await store.transaction(async (tables) => {
          const created = await tables.partners.create(partner(), 1);
          await tables.audit.append(entry({ principalId, objectId: created.id }), done);
          return created;
        });
        expect(await store.partners.byId(made.id)).toEqual(made);
        expect(await store.audit.list({ principalId }, 10)).toMatchObject([{ objectId: made.id }]);
      });

      it("or not at all, when a part of it fails", async () => {
        const version = await store.partners.version();
        const principalId = own("key");
        const failing = store.transaction(async (tables) => {
          await tables.partners.create(partner(), 1);
          await tables.audit.append(entry({ principalId }));
          throw new RangeError("at last");
        });
        await expect(failing).rejects.toThrow(RangeError);
        expect(await store.partners.version()).toBe(version);
        expect(await store.audit.list({ principalId }, 10)).toEqual([]);
      });

      it("in which a refused partner leaves the rest as it was", async () => {
        const { trackingIds } = await store.partners.create(partner(), 1);
        const made = await store.transaction(async (tables) => {
          await rejectionOf(tables.partners.create(partner({ trackingIds }), 1));
          return tables.partners.create(partner(), 1);
        });
        expect(await store.partners.byId(made.id)).toEqual(made);
      });

      it("that uses the store past its own tables is refused, and does not wait for itself for ever", async () => {
        const slips: (() => Promise<unknown>)[] = [() => store.partners.version(), () => store.audit.append(entry())];
        for (const slip of slips) {
          await expect(store.transaction(slip)).rejects.toThrow("only the tables that it receives");
        }
        expect(await store.partners.version()).toBeGreaterThanOrEqual(0);
      });

      it("beside others, each after the other where they meet", async () => {
        const { id } = await store.partners.create(partner({ notes: "0" }), 1);
        const version = await store.partners.version();
        await Promise.all(
          Array.from({ length: 20 }, () =>
            store.transaction(async (tables) => {
              await tables.partners.update(id, {});
              const notes = Number((await tables.partners.byId(id))?.notes);
              await tables.partners.update(id, { notes: String(notes + 1) });
            }),
          ),
        );
        expect((await store.partners.byId(id))?.notes).toBe("20");
        expect(await store.partners.version()).toBe(version + 40);
      });
    });
  });
}
