// Made by codegen.ts from schema/upstream/stream.yaml.

export interface paths {
    "/api/stream/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop one active stream
         * @description Stop an active stream named by its full stream id in the body.
         */
        post: operations["Stream_StopStream"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stream/stop/all": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop all active streams
         * @description Stop every stream currently active on the account. No request body.
         */
        post: operations["Stream_StopByAccount"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/stream/reprioritize": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Reprioritize an active stream
         * @description Change the priority stored on a publish token and restart its stream so it applies. Find the token id with list_by_name, filterBy=StreamName.
         */
        post: operations["Stream_ReprioritizeStream"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description Body of every response other than the listed statuses. */
        ErrorResponse: {
            /** @default error */
            status: string;
            message: string;
            /**
             * Format: int32
             * @description Numeric code, e.g. 500.
             */
            code?: number | null;
            /** @description Free-form extra information of any type. */
            data?: unknown;
        };
        /** @description Body of a 400. */
        FailResponse: {
            /** @default fail */
            status: string;
            /** @description Untyped; usually a map of field name to reason. */
            data: unknown;
        };
        StopStreamRequest: {
            /** @description Full id, accountId/streamName, e.g. abc123/news. */
            streamId: string;
        };
        ReprioritizeStreamRequest: {
            /** @description Publish token of the stream. Should cover a single stream, else its other streams get the new priority on reconnect. */
            tokenId: number;
            /** Format: int32 */
            updatePriority: number;
        };
        SuccessStopStreamResponse: {
            /** @default success */
            status: string;
            data: components["schemas"]["LevelStreamStopped"];
        };
        SuccessResponseOfReprioritizeStreamResponse: {
            /** @default success */
            status: string;
            data: components["schemas"]["ReprioritizeStreamResponse"];
        };
        LevelStreamStopped: {
            stoppingLevel?: components["schemas"]["StreamStoppingLevel"] | null;
        };
        ReprioritizeStreamResponse: {
            stoppingLevel?: components["schemas"]["StreamStoppingLevel"] | null;
        };
        /**
         * @description Scope that was stopped. The string "None" is a value of its own, distinct from null.
         * @enum {string}
         */
        StreamStoppingLevel: "Account" | "Stream" | "Feed" | "Server" | "Token" | "None";
    };
    responses: {
        /** @description Bad Request */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["FailResponse"];
            };
        };
        /** @description Server Error */
        ServerError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["ErrorResponse"];
            };
        };
    };
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    Stream_StopStream: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StopStreamRequest"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "stoppingLevel": "Stream"
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessStopStreamResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    Stream_StopByAccount: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessStopStreamResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    Stream_ReprioritizeStream: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReprioritizeStreamRequest"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseOfReprioritizeStreamResponse"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
}
