/** Exports of one caller that may run at once. */
export const MAX_EXPORTS_PER_CALLER = 2;
/** Exports of all callers that may run at once. */
const MAX_EXPORTS = 8;

/** Limits the exports that run at once: each holds buffers, and reads until it ends. */
export interface ExportSlots {
  /** Takes a slot. Returns a function that frees it; CALLER or GATEWAY if all slots of the caller or of the gateway are taken. */
  take(callerId: string): (() => void) | "CALLER" | "GATEWAY";
}

export function createExportSlots(): ExportSlots {
  const taken = new Map<string, number>();
  let total = 0;
  return {
    take: (callerId) => {
      const ofCaller = taken.get(callerId) ?? 0;
      if (ofCaller >= MAX_EXPORTS_PER_CALLER) return "CALLER";
      if (total >= MAX_EXPORTS) return "GATEWAY";
      taken.set(callerId, ofCaller + 1);
      total += 1;
      let isTaken = true;
      return () => {
        if (!isTaken) return;
        isTaken = false;
        total -= 1;
        const left = (taken.get(callerId) ?? 1) - 1;
        if (left === 0) taken.delete(callerId);
        else taken.set(callerId, left);
      };
    },
  };
}
