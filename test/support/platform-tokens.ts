import type { ConformantSandbox } from "./conformance.ts";
import { clientOf } from "./sandbox.ts";

/** A subscribe token as the platform has it. */
export interface PlatformToken {
  readonly id: number;
  readonly label: string;
  readonly isActive: boolean;
  readonly trackingId: string | null;
}

/** The platform's own subscribe tokens with a tracking id, oldest first, past every gateway. */
export async function platformTokens(sandbox: ConformantSandbox, trackingId: string): Promise<PlatformToken[]> {
  const client = clientOf(sandbox);
  const tokens: PlatformToken[] = [];
  for (let page = 1; ; page += 1) {
    const query = { sortBy: "AddedOn", page: String(page), itemsOnPage: "100" };
    const { body } = await client.get("/api/subscribe_token/list", query);
    if (body.data.length === 0) return tokens.filter((token) => token.trackingId === trackingId);
    for (const { id, label, isActive, tracking } of body.data) {
      tokens.push({ id, label, isActive, trackingId: tracking?.trackingId ?? null });
    }
  }
}

/** Makes a subscribe token as somebody does in the platform's dashboard. */
export async function makeElsewhere(
  sandbox: ConformantSandbox,
  trackingId: string,
  streamName = "derby-final",
): Promise<number> {
  const { body } = await clientOf(sandbox).post("/api/subscribe_token", {
    label: "made elsewhere",
    streams: [{ streamName }],
    tracking: { trackingId },
  });
  return body.data.id;
}
