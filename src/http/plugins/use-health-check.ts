import type { Plugin } from "graphql-yoga";
import { rejectOtherThanGet } from "../allow-methods.ts";
import type { Readiness } from "../readiness.ts";

/** Serves `GET /health` (the process is alive) and `GET /readiness` (it can serve requests), both to anyone. */
export function useHealthCheck(readiness: () => Promise<Readiness>): Plugin {
  return {
    async onRequest(payload) {
      const { url, endResponse, fetchAPI } = payload;
      if (url.pathname !== "/health" && url.pathname !== "/readiness") return;
      if (rejectOtherThanGet(payload)) return;
      const state: Readiness = url.pathname === "/health" ? { isReady: true } : await readiness();
      const { dependencies } = state;
      const body = state.isReady
        ? { status: "ok", ...dependencies }
        : { status: "unavailable", reason: state.reason, ...dependencies };
      endResponse(fetchAPI.Response.json(body, { status: state.isReady ? 200 : 503 }));
    },
  };
}
