import { createHash, timingSafeEqual } from "node:crypto";
import { serverArguments } from "./arguments.ts";

const digest = (text: string) => createHash("sha256").update(text).digest();
const expected = digest(`Bearer ${serverArguments().key}`);

/** Whether a header has the right key, compared in constant time. */
export function isAllowed(authorization: string | undefined): boolean {
  return timingSafeEqual(digest(authorization ?? ""), expected);
}
