import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addTraffic,
  bitsPerSecond,
  describeBytes,
  gigabytes,
  noTraffic,
  sumTraffic,
  type Traffic,
} from "../../../src/model/usage/traffic.ts";
import { byteCounts, bytesOut, figures } from "../../support/traffic.ts";

describe("traffic: gigabytes", () => {
  it.each([
    [0n, "0"],
    [1n, "0.000000001"],
    [1_500_000_000n, "1.5"],
    [1_000_000_000n, "1"],
    [10_000_000_000n, "10"],
    [1_234_567_891_000n, "1234.567891"],
    [-1_500_000_000n, "-1.5"],
    [-1n, "-0.000000001"],
    [9_007_199_254_740_993_000_000_001n, "9007199254740993.000000001"],
  ])("of %d bytes are %s", (bytes, text) => {
    expect(gigabytes(bytes)).toBe(text);
  });

  it("are exact: they convert back to the bytes, and have no trailing zero", () => {
    fc.assert(
      fc.property(byteCounts, (bytes) => {
        const text = gigabytes(bytes);
        const [whole = "", fraction = ""] = text.split(".");
        expect(BigInt(whole + fraction.padEnd(9, "0"))).toBe(bytes);
        expect(text).toMatch(/^\d+(\.\d{0,8}[1-9])?$/);
      }),
    );
  });
});

describe("traffic: a sum", () => {
  it("of none is nothing", () => {
    expect(sumTraffic([])).toBe(noTraffic);
  });

  it("is exact beyond 2^53, byte by byte and part by part", () => {
    fc.assert(
      fc.property(fc.array(figures), (all) => {
        const total = (pick: (figure: Traffic) => bigint) => all.reduce((sum, figure) => sum + pick(figure), 0n);
        const sum = sumTraffic(all);
        expect(sum.bytesOut).toBe(total(({ bytesOut: out }) => out));
        expect(sum.bytesIn).toBe(total(({ bytesIn }) => bytesIn));
        if (!sum.parts) return;
        expect(sum.parts.standard.bytesOut).toBe(total(({ parts }) => parts?.standard.bytesOut ?? 0n));
        expect(sum.parts.standard.bytesIn).toBe(total(({ parts }) => parts?.standard.bytesIn ?? 0n));
        expect(sum.parts.restream.bytesOut).toBe(total(({ parts }) => parts?.restream.bytesOut ?? 0n));
        expect(sum.parts.restream.secondsUsed).toBe(total(({ parts }) => parts?.restream.secondsUsed ?? 0n));
        expect(sum.parts.geoCascade.bytesIn).toBe(total(({ parts }) => parts?.geoCascade.bytesIn ?? 0n));
      }),
    );
  });

  it("is broken down exactly if every summand is", () => {
    fc.assert(
      fc.property(fc.array(figures, { minLength: 1 }), (all) => {
        expect(sumTraffic(all).parts !== null).toBe(all.every(({ parts }) => parts !== null));
      }),
    );
  });

  it("with nothing is the summand itself", () => {
    const figure = bytesOut(5n);
    expect(addTraffic(noTraffic, figure)).toBe(figure);
    expect(addTraffic(figure, noTraffic)).toBe(figure);
  });
});

describe("traffic: bits per second", () => {
  it("are the mean over the time", () => {
    expect(bitsPerSecond(450_000_000n, 3_600_000)).toBe(1_000_000);
    expect(bitsPerSecond(0n, 1)).toBe(0);
  });

  it("over no time are unknown", () => {
    expect(bitsPerSecond(1n, 0)).toBeNull();
  });
});

describe("bytes in a sentence", () => {
  it.each([
    [0n, "0 bytes"],
    [1n, "1 byte"],
    [999n, "999 bytes"],
    [1_000n, "1,000 bytes (1.0 kB)"],
    [999_949n, "999,949 bytes (999.9 kB)"],
    [999_950n, "999,950 bytes (1.0 MB)"],
    [1_500_000_000n, "1,500,000,000 bytes (1.5 GB)"],
    [955_989_803_574_059n, "955,989,803,574,059 bytes (956.0 TB)"],
    [1_234_567_890_123_456_789_012_345n, "1,234,567,890,123,456,789,012,345 bytes (1,234,567.9 EB)"],
  ] as const)("of %s are %s", (bytes, text) => {
    expect(describeBytes(bytes)).toBe(text);
  });
});
