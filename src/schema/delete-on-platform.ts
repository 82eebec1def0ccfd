import { UpstreamError } from "../upstream/upstream-error.ts";

/**
 * Deletes an object on the platform. A delete whose response was lost has succeeded if the object is gone.
 *
 * @throws UpstreamError when the object may still exist
 */
export async function deleteOnPlatform(remove: () => Promise<void>, exists: () => Promise<boolean>): Promise<void> {
  try {
    await remove();
  } catch (error) {
    const isLost = error instanceof UpstreamError && error.code === "OUTCOME_UNKNOWN";
    if (!isLost || (await exists())) throw error;
  }
}
