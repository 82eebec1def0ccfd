import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Http } from "../../src/upstream/transport/http-types.ts";
import { createViewerRecords, type ViewerRecord, type ViewerRecordsQuery } from "../../src/upstream/viewer-records.ts";
import { createRawPlatform, createScriptedPlatform, TOKEN, upstreamFailure } from "../support/platform.ts";
import { at } from "../support/time.ts";

const query: ViewerRecordsQuery = {
  window: { from: at("2026-03-18T00:00:00Z"), to: at("2026-03-18T10:00:00.5Z") },
  by: "COMPLETED",
  state: null,
};

const wire = (fields: Record<string, unknown> = {}) => ({
  recordId: 1,
  clientId: "c",
  startTime: "2026-03-18T09:00:00Z",
  bytes: 5,
  streamName: "derby",
  ...fields,
});

async function collect(records: AsyncIterable<ViewerRecord>): Promise<ViewerRecord[]> {
  const all: ViewerRecord[] = [];
  for await (const record of records) all.push(record);
  return all;
}

/** The records of an answer that arrives in these pieces. */
function recordsOf(...chunks: readonly (string | Uint8Array)[]): AsyncIterable<ViewerRecord> {
  async function* arrive() {
    for (const chunk of chunks) yield typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
  }
  return createViewerRecords({ stream: async () => arrive() } as unknown as Http).stream(query);
}

describe("the records of viewers", () => {
  it("are asked for by half-open bounds of their start or their completion, as JSON lines", async () => {
    await using platform = createScriptedPlatform();
    const records = createViewerRecords(platform.http);
    const jsonl = { headers: { "content-type": "application/x-jsonl" } };
    platform.answer(jsonl, jsonl, jsonl);
    await collect(records.stream(query));
    await collect(records.stream({ ...query, by: "STARTED", state: "ONGOING", streamNames: ["derby"] }));
    await collect(records.stream({ ...query, state: "COMPLETED", trackingIds: ["acme", null] }));
    expect(platform.calls.map(({ method, path, body }) => [`${method} ${path}`, body])).toEqual([
      [
        "POST /api/v2/records/viewers",
        {
          completedAfter: "2026-03-18T00:00:00Z",
          completedBefore: "2026-03-18T10:00:00.500Z",
          search: "Ongoing_Completed",
        },
      ],
      [
        "POST /api/v2/records/viewers",
        {
          startedAfter: "2026-03-18T00:00:00Z",
          startedBefore: "2026-03-18T10:00:00.500Z",
          search: "Ongoing",
          streamNames: ["derby"],
        },
      ],
      [
        "POST /api/v2/records/viewers",
        {
          completedAfter: "2026-03-18T00:00:00Z",
          completedBefore: "2026-03-18T10:00:00.500Z",
          search: "Completed",
          trackingIds: ["acme", null],
        },
      ],
    ]);
    expect(platform.calls[0]?.headers["accept"]).toBe("application/x-jsonl");
  });

  it("come whole, with counts and ids of any size", async () => {
    const line = `{"recordId":18446744073709551615,"previousRecordId":9007199254740993,"clientId":"c","startTime":"2026-03-18T09:00:00Z",
      "endTime":"2026-03-18T09:30:00Z","duration":1800,"bytes":18446744073709551614,"streamName":"derby","trackingId":"acme","country":"GB",
      "clusterId":"phx-1","ipAddress":"192.0.2.7","userAgent":"ua","customViewerData":"seat 1","more":"of it"}`;
    expect(await collect(recordsOf(line.replaceAll("\n", " ")))).toEqual([
      {
        kind: "ViewerRecord",
        recordId: "18446744073709551615",
        previousRecordId: "9007199254740993",
        clientId: "c",
        startedAt: at("2026-03-18T09:00:00Z"),
        endedAt: at("2026-03-18T09:30:00Z"),
        durationSeconds: 1_800,
        bytes: 18_446_744_073_709_551_614n,
        streamName: "derby",
        trackingId: "acme",
        country: "GB",
        clusterId: "phx-1",
        ipAddress: "192.0.2.7",
        userAgent: "ua",
        customViewerData: "seat 1",
      },
    ]);
  });

  it.each([
    ["absent", {}],
    [
      "null",
      {
        previousRecordId: null,
        endTime: null,
        duration: null,
        trackingId: null,
        country: null,
        clusterId: null,
        ipAddress: null,
        userAgent: null,
        customViewerData: null,
      },
    ],
    ["empty", { trackingId: "", country: "", clusterId: "", ipAddress: "", userAgent: "", customViewerData: "" }],
  ])("of a viewer who is watching leave much open, which may be %s", async (_what, fields) => {
    expect(await collect(recordsOf(JSON.stringify(wire(fields))))).toEqual([
      {
        kind: "ViewerRecord",
        recordId: "1",
        previousRecordId: null,
        clientId: "c",
        startedAt: at("2026-03-18T09:00:00Z"),
        endedAt: null,
        durationSeconds: 0,
        bytes: 5n,
        streamName: "derby",
        trackingId: null,
        country: null,
        clusterId: null,
        ipAddress: null,
        userAgent: null,
        customViewerData: null,
      },
    ]);
  });

  it("are the same however the answer was cut into pieces, within lines and within characters", async () => {
    const records = fc.array(
      fc.record({ clientId: fc.string({ unit: "grapheme" }), bytes: fc.bigInt({ min: 0n, max: 1n << 64n }) }),
      { maxLength: 8 },
    );
    const lineEnds = fc.constantFrom("\n", "\r\n", "\n\n", "\n \n");
    const cuts = fc.array(fc.nat({ max: 400 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(records, lineEnds, fc.boolean(), cuts, async (sent, lineEnd, endsWithLineEnd, cutAt) => {
        const lines = sent.map(({ clientId, bytes }) =>
          JSON.stringify(wire({ clientId, bytes: "BYTES" })).replace('"BYTES"', `${bytes}`),
        );
        const bytes = new TextEncoder().encode(lines.join(lineEnd) + (endsWithLineEnd ? lineEnd : ""));
        const borders = [0, ...cutAt.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const pieces = borders.slice(1).map((border, index) => bytes.slice(borders[index], border));
        const received = await collect(recordsOf(...pieces));
        expect(received.map(({ clientId, bytes: count }) => ({ clientId, bytes: count }))).toEqual(sent);
      }),
    );
  });

  it("are none when the answer is empty", async () => {
    for (const answer of ["", "\n", "\r\n\r\n"]) expect(await collect(recordsOf(answer))).toEqual([]);
  });

  it("may begin with a mark of their encoding", async () => {
    expect(await collect(recordsOf(`\u{feff}${JSON.stringify(wire())}\n`))).toHaveLength(1);
  });

  const good = `${JSON.stringify(wire())}\n`;
  it.each<[string, (string | Uint8Array)[]]>([
    ["is no JSON", [good, "{nonsense\n", good]],
    ["is cut off at the end", [good, good.slice(0, 40)]],
    ["is cut off within a character", [good, new Uint8Array([0xc3])]],
    ["holds bytes that are not UTF-8", [good, new Uint8Array([0x22, 0xff, 0x22, 0x0a])]],
    ["is a list", [good, "[]\n"]],
    ["is text", [good, `"${TOKEN}"\n`]],
    ["has no start", [good, `${JSON.stringify(wire({ startTime: undefined }))}\n`]],
    ["has bytes that are no count", [good, `${JSON.stringify(wire({ bytes: -1 }))}\n`]],
    ["is nested without end", [good, `${"[".repeat(20_000)}1234567890123456\n`]],
  ])("are not believed from the line on that %s", async (_what, chunks) => {
    const seen: ViewerRecord[] = [];
    const reading = (async () => {
      for await (const record of recordsOf(...chunks)) seen.push(record);
    })();
    expect(await upstreamFailure(reading)).toMatchObject({
      code: "UPSTREAM_BAD_RESPONSE",
      facts: { operation: "RecordsV2_GetViewerRecords" },
    });
    expect(seen).toHaveLength(1);
  });

  it("are not waited for when a line has no end", async () => {
    let chunks = 0;
    async function* endless() {
      for (; chunks < 1_000; chunks += 1) yield new TextEncoder().encode("x".repeat(10_000));
    }
    const records = createViewerRecords({ stream: async () => endless() } as unknown as Http);
    expect((await upstreamFailure(collect(records.stream(query)))).code).toBe("UPSTREAM_BAD_RESPONSE");
    expect(chunks).toBeLessThan(10);
  });

  it("let a fault of their reader through as what it is", async () => {
    const reading = (async () => {
      for await (const _record of recordsOf(good)) throw new TypeError("ours");
    })();
    await expect(reading).rejects.toThrow(new TypeError("ours"));
  });

  it("end the call when their reader has seen enough", async () => {
    const head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-jsonl\r\ntransfer-encoding: chunked\r\n\r\n";
    const chunk = `${good.length.toString(16)}\r\n${good}\r\n`;
    await using platform = await createRawPlatform((socket) => socket.write(head + chunk));
    for await (const { clientId } of createViewerRecords(platform.http).stream(query)) {
      expect(clientId).toBe("c");
      break;
    }
    await platform.hungUp;
  });

  it("fail where the answer breaks off", async () => {
    const head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-jsonl\r\ntransfer-encoding: chunked\r\n\r\n";
    const chunk = `${good.length.toString(16)}\r\n${good}\r\n`;
    await using platform = await createRawPlatform((socket) => socket.end(head + chunk));
    expect((await upstreamFailure(collect(createViewerRecords(platform.http).stream(query)))).code).toBe(
      "UPSTREAM_UNAVAILABLE",
    );
  });
});
