import type { Plugin } from "graphql-yoga";

/** Whether the gateway can serve; the reason is the code of what fails. */
export type Readiness = { readonly isReady: true } | { readonly isReady: false; readonly reason: string };

/** `GET /health`: the process is alive. `GET /readiness`: it can serve. Both answer anyone, and tell nothing else. */
export function useHealth(readiness: () => Promise<Readiness>): Plugin {
  return {
    async onRequest({ url, request, endResponse, fetchAPI }) {
      if (url.pathname !== "/health" && url.pathname !== "/readiness") return;
      if (request.method !== "GET" && request.method !== "HEAD") {
        endResponse(new fetchAPI.Response(null, { status: 405, headers: { allow: "GET, HEAD" } }));
        return;
      }
      const state = url.pathname === "/health" ? ({ isReady: true } as const) : await readiness();
      const body = state.isReady ? { status: "ok" } : { status: "unavailable", reason: state.reason };
      endResponse(fetchAPI.Response.json(body, { status: state.isReady ? 200 : 503 }));
    },
  };
}
