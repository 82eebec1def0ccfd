import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { propertyDrills } from "../bench/drills/property-drills.ts";

describe("drills by random cases", () => {
  it.each(Object.entries(propertyDrills))("%s runs a test file that reads its number of cases", (_name, drill) => {
    expect(readFileSync(drill.file, "utf8")).toContain(`process.env["${drill.variable}"]`);
  });
});
