// Made by codegen.ts from schema/upstream/cluster.yaml.

export interface paths {
    "/api/cluster": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read clusters
         * @description The account's default cluster and the clusters available to it. Not paged.
         */
        get: operations["Cluster_GetClustersInfo"];
        /**
         * Update default cluster
         * @description Set the account's default cluster; answers with the same full object as the GET.
         */
        put: operations["Cluster_UpdateClusterInfo"];
        post?: never;
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
        SuccessClusterInfoModel: {
            /** @default success */
            status: string;
            data: components["schemas"]["ClustersInfoModel"];
        };
        ClustersInfoModel: {
            /** @description Cluster id used when a token is created without naming one. */
            defaultCluster?: string;
            /** @description Clusters the account can use. */
            availableClusters?: components["schemas"]["ClusterModel"][];
        };
        ClusterModel: {
            /** @description Unique cluster id, e.g. phx-1. */
            id?: string;
            /** @description Display name. */
            name?: string;
            /** @description RTMP publish domain (host name only). */
            rtmp?: string;
            /** @description SRT publish domain (host name only). */
            srt?: string;
            /** @description Where the cluster is. */
            location?: components["schemas"]["LocationModel"] | null;
            /** @description Features the cluster supports. */
            features?: components["schemas"]["ClustersFeaturesModel"] | null;
        };
        LocationModel: {
            /** @description City. */
            city?: string | null;
            /** @description Region or state. */
            region?: string | null;
            /** @description Country name (not an ISO code). */
            country?: string | null;
        };
        ClustersFeaturesModel: {
            /** @description Whether the Transcoder feature works in this cluster. */
            transcoding?: boolean;
        };
        UpdateClusterInfoModel: {
            /** @description Cluster id used when a token is created without naming one. */
            defaultCluster: string;
        };
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
    Cluster_GetClustersInfo: {
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
                    /**
                     * @example {
                     *       "status": "success",
                     *       "data": {
                     *         "defaultCluster": "phx-1",
                     *         "availableClusters": [
                     *           {
                     *             "id": "phx-1",
                     *             "name": "Phoenix",
                     *             "rtmp": "rtmp-phx-1.millicast.com",
                     *             "srt": "srt-phx-1.millicast.com",
                     *             "location": {
                     *               "city": "Phoenix",
                     *               "region": "Arizona",
                     *               "country": "United States of America"
                     *             },
                     *             "features": {
                     *               "transcoding": true
                     *             }
                     *           }
                     *         ]
                     *       }
                     *     }
                     */
                    "application/json": components["schemas"]["SuccessClusterInfoModel"];
                };
            };
            default: components["responses"]["ServerError"];
        };
    };
    Cluster_UpdateClusterInfo: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateClusterInfoModel"];
            };
        };
        responses: {
            /** @description Success */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessClusterInfoModel"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
}
