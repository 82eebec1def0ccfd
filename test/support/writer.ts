import { randomUUID } from "node:crypto";
import { writeSync } from "node:fs";
import { openStore } from "../../src/store/open-store.ts";

// Writes to the store in the folder of its first argument until it is killed, and prints the id of each partner as soon as
// its write is acknowledged.
const store = await openStore({ kind: "file", folder: process.argv[2] ?? "", waitMs: 5_000 });
for (;;) {
  const id = await store.transaction(async ({ partners, audit }) => {
    const partner = await partners.create(
      {
        name: "Northwind TV",
        trackingIds: [randomUUID(), randomUUID()],
        contact: null,
        timeZone: "UTC",
        currency: "EUR",
        notes: "x".repeat(500),
      },
      Date.now(),
    );
    const entry = {
      at: Date.now(),
      principalId: "writer",
      principalName: "writer",
      role: "OPERATOR",
      partnerId: null,
      address: null,
      operation: "createPartner",
      objectId: partner.id,
      detail: "{}",
    };
    await audit.append(entry, { outcome: "DONE", code: null, objectId: null });
    return partner.id;
  });
  writeSync(1, `${id}\n`);
}
