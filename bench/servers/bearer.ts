import { createHash, timingSafeEqual } from "node:crypto";
import { serverArguments } from "./arguments.ts";

const digest = (text: string) => createHash("sha256").update(text).digest();
const expected = digest(`Bearer ${serverArguments().key}`);

/** Whether a header brings the right key; how long it takes tells nothing of the key. */
export function isAllowed(authorization: string | undefined): boolean {
  return timingSafeEqual(digest(authorization ?? ""), expected);
}
