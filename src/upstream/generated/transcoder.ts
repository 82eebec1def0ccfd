// Made by codegen.ts from schema/upstream/transcoder.yaml.

export interface paths {
    "/api/transcoders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Transcoders
         * @description Lists the account's transcoders, with filters, sorting and paging.
         */
        get: operations["Transcoder_ListTranscoders"];
        put?: never;
        /**
         * Create Transcoder
         * @description Creates one from a profile id, or from height and frameRate; the profile wins. Running transcoders are charged.
         */
        post: operations["Transcoder_CreateTranscoder"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/transcoders/{transcoderId}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Transcoder identifier. */
                transcoderId: string;
            };
            cookie?: never;
        };
        /**
         * Get Transcoder
         * @description Reads one transcoder's configuration and its host instance.
         */
        get: operations["Transcoder_GetTranscoder"];
        /**
         * Update Transcoder
         * @description No restart needed, but DNS prefix and cluster need Shutdown. A profile id beats height, frameRate and passThrough.
         */
        put: operations["Transcoder_UpdateTranscoder"];
        post?: never;
        /**
         * Delete Transcoder
         * @description Deletes the configuration and its instances; a running one is shut down at once.
         */
        delete: operations["Transcoder_DeleteTranscoder"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        CreateTranscoderRecord: {
            /** @description Label for the transcoder. */
            name: string;
            /** @description Letters, digits and dashes, no underscores. Host becomes {dnsPrefix}-{accountId}.transcoder.millicast.com. */
            dnsPrefix?: string | null;
            /** @description Cluster to deploy in; pick one near the source. */
            cluster: string;
            /** @description Maximum output height; a chosen profile overrides it. */
            height?: number | null;
            /**
             * Format: decimal
             * @description Maximum frame rate; a chosen profile overrides it. One of 24, 25, 29.97, 30, 50, 59.94, 60.
             */
            frameRate?: number | null;
            /** @description Pre-defined profile id. */
            profile?: string | null;
            /**
             * @description Provisions and starts an instance straight after creation.
             * @default false
             */
            startNow?: boolean;
            /** @description Sends the top layer on without transcoding. */
            passThrough?: boolean | null;
        };
        UpdateTranscoder: {
            /** @description New label. */
            name?: string | null;
            /** @description New DNS prefix. Host becomes {dnsPrefix}-{accountId}.transcoder.millicast.com. */
            dnsPrefix?: string | null;
            /** @description New cluster. */
            cluster?: string | null;
            /** @description New input height; picks a new default profile unless one is given. */
            height?: number | null;
            /**
             * Format: decimal
             * @description New input frame rate; picks a new default profile unless one is given.
             */
            frameRate?: number | null;
            /** @description Profile id to use. */
            profile?: string | null;
            /** @description Whether the top layer is passed on or transcoded. */
            passThrough?: boolean | null;
        };
        SuccessResponseTranscoderRecord: {
            /** @default success */
            status: string;
            data: components["schemas"]["RecordResponse"];
        };
        SuccessResponseListTranscoderRecords: {
            /** @default success */
            status: string;
            data: components["schemas"]["RecordResponse"][];
        };
        SuccessResponseBoolean: {
            /** @default success */
            status: string;
            data: boolean;
        };
        RecordResponse: {
            /** @description Transcoder identifier. */
            transcoderId?: string;
            /** @description Label. */
            name?: string;
            /** @description Origin cluster taking the source stream. */
            cluster?: string;
            /** @description Host in the form {dnsPrefix}-{accountId}.transcoder.millicast.com. */
            dnsName?: string;
            /** @description Output configuration, pre-defined or derived from the custom height and frame rate. */
            profile?: components["schemas"]["ProfileResponse"];
            /**
             * Format: date-time
             * @description Creation time.
             */
            createdOn?: string;
            /**
             * Format: date-time
             * @description Shutdown time.
             */
            endedOn?: string | null;
            /** @description Latest instance; several may run to carry the load. */
            instance?: components["schemas"]["InstanceResponse"] | null;
            /** @description Transcoder status. */
            status?: components["schemas"]["TranscoderDisplayStatus"];
            /** @description Ingest URLs for RTMP, RTMPS and SRT. */
            publishUrls?: components["schemas"]["PublishUrlsResponse"];
        };
        ProfileResponse: {
            /** @description Profile identifier. */
            profileId?: string;
            /** @description Profile name. */
            name?: string;
            /** @description What the profile is for. */
            description?: string;
            /** @description Maximum frame height. */
            height?: number;
            /**
             * Format: decimal
             * @description Target frames per second.
             */
            frameRate?: number;
            /** @description Top layer is used as is. */
            passThrough?: boolean;
            /** @description Output layers, fixed step-downs of the vendor's bitrate ladder. */
            layers?: components["schemas"]["TranscoderProfileLayer"][];
        };
        TranscoderProfileLayer: {
            /**
             * Format: int32
             * @description Layer height.
             */
            height?: number | null;
            /**
             * Format: int32
             * @description Layer width.
             */
            width?: number | null;
            /**
             * Format: decimal
             * @description Target frames per second.
             */
            fps?: number | null;
            /** @description Codec of the layer. */
            codec?: string;
            /**
             * Format: int32
             * @description Target bitrate.
             */
            bitrate?: number | null;
            /**
             * Format: int32
             * @description I-frame interval.
             */
            intraPeriod?: number | null;
            /** @description Whether the layer may be transrated. */
            allowTransrating?: boolean | null;
        };
        InstanceResponse: {
            /** @description Owning transcoder. */
            transcoderId?: string;
            /** @description Instance identifier. */
            id?: string;
            /** @description Public address of the host. */
            publicIp?: string;
            /** @description Host in the form {dnsPrefix}-{accountId}.transcoder.millicast.com. */
            dnsName?: string;
            /**
             * Format: date-time
             * @description Creation time.
             */
            createdOn?: string;
            /**
             * Format: date-time
             * @description Shutdown time.
             */
            endedOn?: string | null;
            /** @description Instance status. */
            status?: components["schemas"]["InstanceStatus"];
        };
        PublishUrlsResponse: {
            rtmp?: string;
            rtmps?: string;
            srt?: string;
        };
        /** @enum {string} */
        TranscoderDisplayStatus: "Provisioning" | "Active" | "Error" | "Shutdown" | "Deleted" | "ShuttingDown" | "Deleting" | "Queued";
        /** @enum {string} */
        InstanceStatus: "Provisioning" | "Active" | "Error" | "Shutdown" | "Deleted" | "ShuttingDown" | "Deleting" | "Queued" | "ActiveError" | "ShutdownError" | "DeletingError";
        /** @enum {string} */
        ListTranscoderRecordsSortBy: "CreatedDate" | "TranscoderName";
        FailResponse: {
            /** @default fail */
            status: string;
            data: unknown;
        };
        ErrorResponse: {
            /** @default error */
            status: string;
            message: string;
            /** Format: int32 */
            code?: number | null;
            data?: unknown;
        };
    };
    responses: {
        /** @description Validation failure, in the JSend fail form. */
        BadRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/json": components["schemas"]["FailResponse"];
            };
        };
        /** @description Any other failure, in the JSend error form. */
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
    Transcoder_ListTranscoders: {
        parameters: {
            query: {
                /** @description Sort key; CreatedDate unless given. */
                sortBy?: components["schemas"]["ListTranscoderRecordsSortBy"] | null;
                /** @description Keeps only these statuses; empty gives all but Deleted. */
                status?: components["schemas"]["TranscoderDisplayStatus"][] | null;
                /** @description Keeps only these clusters. */
                cluster?: string[] | null;
                /** @description Keeps names containing this text. */
                transcoderName?: string | null;
                /** @description Page index, from 1. */
                page: number;
                /** @description Page size. */
                itemsOnPage: number;
                /** @description Reverses the default order. */
                isDescending?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description One page of transcoders. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseListTranscoderRecords"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    Transcoder_CreateTranscoder: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CreateTranscoderRecord"];
            };
        };
        responses: {
            /** @description The new transcoder, with the ingest URLs encoders should use. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseTranscoderRecord"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    Transcoder_GetTranscoder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Transcoder identifier. */
                transcoderId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The transcoder. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseTranscoderRecord"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    Transcoder_UpdateTranscoder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Transcoder identifier. */
                transcoderId: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UpdateTranscoder"];
            };
        };
        responses: {
            /** @description The transcoder after the change. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseTranscoderRecord"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
    Transcoder_DeleteTranscoder: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Transcoder identifier. */
                transcoderId: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Whether it was deleted. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SuccessResponseBoolean"];
                };
            };
            400: components["responses"]["BadRequest"];
            default: components["responses"]["ServerError"];
        };
    };
}
