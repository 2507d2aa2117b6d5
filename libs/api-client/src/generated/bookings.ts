// Made by `npm run api-client` from /openapi.json; not edited by hand.

export interface paths {
    "/bookings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Your own bookings, by start
         * @description As mentor and as mentee, in pages.
         */
        get: operations["listBookings"];
        put?: never;
        /**
         * Ask a mentor for a booking
         * @description For a mentee, for themself. Start must not be in the past, nor more than 731 days ahead; a booking has at most 24 hours.
         */
        post: operations["createBooking"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookings/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * One booking
         * @description For its mentor and its mentee. One with a `sessionStatus`, or `expired`, is never 304: these come without a new version.
         */
        get: operations["getBooking"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookings/{id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Each transition of a booking: from, to, who and when
         * @description All of them, in order. For those who may read it.
         */
        get: operations["getBookingHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/bookings/{id}/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Accept a draft: exactly one session follows
         * @description For the booking’s mentor. The answer has the sessionId already; its URL answers 404 until the sessions service has handled the event.
         */
        patch: operations["acceptBooking"];
        trace?: never;
    };
    "/bookings/{id}/decline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Decline a draft
         * @description For the booking’s mentor. Final.
         */
        patch: operations["declineBooking"];
        trace?: never;
    };
    "/bookings/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Cancel a draft
         * @description For the booking’s mentee. An accepted booking cannot be cancelled.
         */
        patch: operations["cancelBooking"];
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * @description In optional fields, null is the same as absent.
         * @example {
         *       "listingId": "01980000-0000-7000-8000-0000000000cc",
         *       "mentorProfileId": "01980000-0000-7000-8000-0000000000aa",
         *       "start": "2030-02-01T10:00:00.000Z",
         *       "end": "2030-02-01T11:00:00.000Z",
         *       "notes": "How do I find my first job?",
         *       "metadata": {
         *         "campaign": "autumn"
         *       }
         *     }
         */
        BookingRequest: {
            /** Format: uuid */
            listingId: string;
            /** Format: uuid */
            mentorProfileId: string;
            /** Format: date-time */
            start: string;
            /** Format: date-time */
            end: string;
            /** @description private to the two people */
            notes?: string | null;
            metadata?: {
                [key: string]: string;
            } | null;
        };
        /**
         * @example {
         *       "id": "01980000-0000-7000-8000-0000000000b1",
         *       "listingId": "01980000-0000-7000-8000-0000000000cc",
         *       "mentorProfileId": "01980000-0000-7000-8000-0000000000aa",
         *       "start": "2030-02-01T10:00:00.000Z",
         *       "end": "2030-02-01T11:00:00.000Z",
         *       "notes": "How do I find my first job?",
         *       "metadata": {
         *         "campaign": "autumn"
         *       },
         *       "menteeUserId": "01980000-0000-7000-8000-00000000bbbb",
         *       "status": "draft",
         *       "expired": false,
         *       "sessionId": null,
         *       "sessionStatus": null,
         *       "allowedActions": [
         *         "cancel"
         *       ],
         *       "version": 1,
         *       "createdAt": "2030-01-31T09:00:00.000Z",
         *       "updatedAt": "2030-01-31T09:00:00.000Z"
         *     }
         */
        Booking: {
            /** Format: uuid */
            id: string;
            /**
             * Format: uuid
             * @description the mentor’s offer that was booked
             */
            listingId: string;
            /**
             * Format: uuid
             * @description profile id of the mentor
             */
            mentorProfileId: string;
            /**
             * Format: uuid
             * @description user id of the mentee
             */
            menteeUserId: string;
            /**
             * Format: date-time
             * @description agreed start; never changes
             */
            start: string;
            /**
             * Format: date-time
             * @description agreed end; never changes
             */
            end: string;
            /** @description set by the mentee’s client, passed on unchanged */
            metadata: {
                [key: string]: string;
            };
            /** @enum {string} */
            status: "draft" | "accepted" | "declined" | "cancelled";
            /** @description a draft whose end has passed: no one can accept it any more. Changes with time, not with `version` */
            expired: boolean;
            /** @description minted by the acceptance; until the sessions service has handled it, its URL answers 404 */
            sessionId: string | null;
            /** @description what has become of it; null until known here; follows the session by some milliseconds */
            sessionStatus: ("scheduled" | "in_progress" | "completed") | null;
            /** @description with `expand=session`: what is known of it here; null until then */
            session?: {
                /** Format: uuid */
                id: string;
                /** @enum {string} */
                status: "scheduled" | "in_progress" | "completed";
                /** @description its version, for `If-Match` */
                sequence: number;
            } | null;
            /** @description private to the two people */
            notes: string | null;
            /** @description what you may do now */
            allowedActions: ("accept" | "decline" | "cancel")[];
            /** @description also the ETag */
            version: number;
            /** Format: date-time */
            createdAt: string;
            /** Format: date-time */
            updatedAt: string;
        };
        /** @description RFC 9457 */
        Problem: {
            /** @description Leads to a page of this service: the cause and what to do. */
            type: string;
            title: string;
            status: number;
            /**
             * @description What programs should check. New codes may be added.
             * @enum {string}
             */
            code: "malformed-request" | "request-timeout" | "headers-too-large" | "not-found" | "method-not-allowed" | "unauthenticated" | "too-many-requests" | "payload-too-large" | "unsupported-media-type" | "malformed-json" | "validation-failed" | "idempotency-key-reused" | "idempotency-key-in-use" | "forbidden" | "precondition-failed" | "internal" | "unavailable" | "outcome-unknown" | "invalid-transition" | "mentor-double-booked" | "booking-expired";
            /** @description For developers; not for users. */
            detail: string;
            instance?: string;
            requestId: string;
            /** @description of `validation-failed`: one for each invalid field */
            errors?: ({
                path: string;
                /** @description For developers; not for users. */
                message: string;
                /**
                 * @description Stable. Its parameters stand beside it, such as `max`. New codes may be added.
                 * @enum {string}
                 */
                code: "required" | "unknown" | "wrong-type" | "wrong-format" | "not-allowed" | "too-long" | "too-short" | "too-many" | "out-of-range" | "wrong-name" | "wrong-characters" | "in-the-past" | "too-far" | "not-after-start" | "too-long-after-start" | "your-own" | "invalid";
            } & {
                [key: string]: unknown;
            })[];
            /** @description of `invalid-transition` */
            currentStatus?: string;
        } & {
            [key: string]: unknown;
        };
        BookingPage: {
            items: components["schemas"]["Booking"][];
            nextCursor: string | null;
        };
        BookingHistory: {
            items: {
                /** @description null of the first */
                from: ("draft" | "accepted" | "declined" | "cancelled") | null;
                /** @enum {string} */
                to: "draft" | "accepted" | "declined" | "cancelled";
                /**
                 * Format: uuid
                 * @description who: id of a user
                 */
                by: string;
                /**
                 * Format: date-time
                 * @description when the database recorded it: at `updatedAt`, or a moment later
                 */
                at: string;
            }[];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listBookings: {
        parameters: {
            query?: {
                /** @description one or several, separated by commas, or repeated */
                status?: ("draft" | "accepted" | "declined" | "cancelled") | ("draft" | "accepted" | "declined" | "cancelled")[];
                /** @description `true`: expired drafts only; `false`: all but those */
                expired?: boolean;
                /** @description one side only; default: both */
                as?: "mentor" | "mentee";
                /** @description `session`: with what is known of it here */
                expand?: "session";
                /** @description start not before this time */
                from?: string;
                /** @description start before this time */
                to?: string;
                /** @description end after this time; with `to`: all that overlap a period */
                endsAfter?: string;
                /** @description only these, at most 100, separated by commas, or repeated */
                ids?: string | string[];
                /** @description by start */
                order?: "desc" | "asc";
                /** @description items of a page */
                limit?: number;
                cursor?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description a page */
            200: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description URL of the next page, `rel="next"`, unless this is the last one */
                    Link?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "id": "01980000-0000-7000-8000-0000000000b1",
                     *           "listingId": "01980000-0000-7000-8000-0000000000cc",
                     *           "mentorProfileId": "01980000-0000-7000-8000-0000000000aa",
                     *           "start": "2030-02-01T10:00:00.000Z",
                     *           "end": "2030-02-01T11:00:00.000Z",
                     *           "notes": "How do I find my first job?",
                     *           "metadata": {
                     *             "campaign": "autumn"
                     *           },
                     *           "menteeUserId": "01980000-0000-7000-8000-00000000bbbb",
                     *           "status": "draft",
                     *           "expired": false,
                     *           "sessionId": null,
                     *           "sessionStatus": null,
                     *           "allowedActions": [
                     *             "cancel"
                     *           ],
                     *           "version": 1,
                     *           "createdAt": "2030-01-31T09:00:00.000Z",
                     *           "updatedAt": "2030-01-31T09:00:00.000Z"
                     *         }
                     *       ],
                     *       "nextCursor": null
                     *     }
                     */
                    "application/json": components["schemas"]["BookingPage"];
                };
            };
            /** @description `validation-failed`: invalid body, path, header or query; see `errors` */
            400: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: missing, invalid or expired token */
            401: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description RFC 6750 */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: more requests per minute than the service allows; see `Retry-After` */
            429: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: an error on our side; the requestId identifies it in our logs */
            500: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: temporarily unavailable; nothing was changed */
            503: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createBooking: {
        parameters: {
            query?: never;
            header?: {
                /** @description A new key for each action, the same key for its retries. Retries within 24 h return the original response and have no further effect. */
                "Idempotency-Key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BookingRequest"];
            };
        };
        responses: {
            /** @description the booking */
            201: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description its version, for `If-Match` and `If-None-Match` */
                    ETag: string;
                    /** @description path of the booking */
                    Location: string;
                    /** @description `true` on a retry: the original response */
                    "Idempotent-Replayed"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Booking"];
                };
            };
            /**
             * @description `validation-failed`: invalid body, path, header or query; see `errors`
             *
             *     `malformed-json`: the body is not valid JSON
             */
            400: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: missing, invalid or expired token */
            401: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description RFC 6750 */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller may not do this */
            403: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency-key-in-use`: another request with this Idempotency-Key is in progress */
            409: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `payload-too-large`: the body is larger than 64 KiB */
            413: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported-media-type`: the body is not application/json in UTF-8 */
            415: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description `identity`, if the body was compressed */
                    "Accept-Encoding"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency-key-reused`: the Idempotency-Key was used for a different request */
            422: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: more requests per minute than the service allows; see `Retry-After` */
            429: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: an error on our side; the requestId identifies it in our logs */
            500: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `outcome-unknown`: it may or may not have taken effect; retry with the same Idempotency-Key, or read the resource
             *
             *     `unavailable`: temporarily unavailable; nothing was changed
             */
            503: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getBooking: {
        parameters: {
            query?: {
                /** @description `session`: with what is known of it here */
                expand?: "session";
            };
            header?: {
                /** @description ETag of the version you have; 304 if it is still the current one. */
                "If-None-Match"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the booking */
            200: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description its version, for `If-Match` and `If-None-Match` */
                    ETag: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Booking"];
                };
            };
            /** @description unchanged since the version in `If-None-Match` */
            304: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description its version, for `If-Match` and `If-None-Match` */
                    ETag: string;
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description `validation-failed`: invalid body, path, header or query; see `errors` */
            400: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: missing, invalid or expired token */
            401: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description RFC 6750 */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller may not do this */
            403: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: no such resource */
            404: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: more requests per minute than the service allows; see `Retry-After` */
            429: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: an error on our side; the requestId identifies it in our logs */
            500: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: temporarily unavailable; nothing was changed */
            503: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getBookingHistory: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description its audit */
            200: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "items": [
                     *         {
                     *           "from": null,
                     *           "to": "draft",
                     *           "by": "01980000-0000-7000-8000-00000000bbbb",
                     *           "at": "2030-01-31T09:00:00.000Z"
                     *         },
                     *         {
                     *           "from": "draft",
                     *           "to": "accepted",
                     *           "by": "01980000-0000-7000-8000-00000000aaaa",
                     *           "at": "2030-01-31T09:05:00.000Z"
                     *         }
                     *       ]
                     *     }
                     */
                    "application/json": components["schemas"]["BookingHistory"];
                };
            };
            /** @description `validation-failed`: invalid body, path, header or query; see `errors` */
            400: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: missing, invalid or expired token */
            401: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description RFC 6750 */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller may not do this */
            403: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: no such resource */
            404: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: more requests per minute than the service allows; see `Retry-After` */
            429: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: an error on our side; the requestId identifies it in our logs */
            500: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unavailable`: temporarily unavailable; nothing was changed */
            503: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    acceptBooking: {
        parameters: {
            query?: never;
            header?: {
                /** @description ETag of the version to change; 412 if it is no longer the current one. */
                "If-Match"?: string;
                /** @description A new key for each action, the same key for its retries. Retries within 24 h return the original response and have no further effect. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the booking */
            200: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description its version, for `If-Match` and `If-None-Match` */
                    ETag: string;
                    /** @description URL of the session, rel="session" */
                    Link: string;
                    /** @description `true` on a retry: the original response */
                    "Idempotent-Replayed"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01980000-0000-7000-8000-0000000000b1",
                     *       "listingId": "01980000-0000-7000-8000-0000000000cc",
                     *       "mentorProfileId": "01980000-0000-7000-8000-0000000000aa",
                     *       "start": "2030-02-01T10:00:00.000Z",
                     *       "end": "2030-02-01T11:00:00.000Z",
                     *       "notes": "How do I find my first job?",
                     *       "metadata": {
                     *         "campaign": "autumn"
                     *       },
                     *       "menteeUserId": "01980000-0000-7000-8000-00000000bbbb",
                     *       "status": "accepted",
                     *       "expired": false,
                     *       "sessionId": "01980000-0000-7000-8000-0000000000e1",
                     *       "sessionStatus": null,
                     *       "allowedActions": [],
                     *       "version": 2,
                     *       "createdAt": "2030-01-31T09:00:00.000Z",
                     *       "updatedAt": "2030-01-31T09:05:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Booking"];
                };
            };
            /**
             * @description `validation-failed`: invalid body, path, header or query; see `errors`
             *
             *     `malformed-json`: the body is not valid JSON
             */
            400: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: missing, invalid or expired token */
            401: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description RFC 6750 */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller may not do this */
            403: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: no such resource */
            404: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `idempotency-key-in-use`: another request with this Idempotency-Key is in progress
             *
             *     `invalid-transition`: its status allows no such transition; with `currentStatus`
             *
             *     `mentor-double-booked`: the mentor has accepted another booking at that time; with `conflictingBookingId`
             *
             *     `booking-expired`: its time is over
             */
            409: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `precondition-failed`: the version in If-Match is not the current one */
            412: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `payload-too-large`: the body is larger than 64 KiB */
            413: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported-media-type`: the body is not application/json in UTF-8 */
            415: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description `identity`, if the body was compressed */
                    "Accept-Encoding"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency-key-reused`: the Idempotency-Key was used for a different request */
            422: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: more requests per minute than the service allows; see `Retry-After` */
            429: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: an error on our side; the requestId identifies it in our logs */
            500: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `outcome-unknown`: it may or may not have taken effect; retry with the same Idempotency-Key, or read the resource
             *
             *     `unavailable`: temporarily unavailable; nothing was changed
             */
            503: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    declineBooking: {
        parameters: {
            query?: never;
            header?: {
                /** @description ETag of the version to change; 412 if it is no longer the current one. */
                "If-Match"?: string;
                /** @description A new key for each action, the same key for its retries. Retries within 24 h return the original response and have no further effect. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the booking */
            200: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description its version, for `If-Match` and `If-None-Match` */
                    ETag: string;
                    /** @description `true` on a retry: the original response */
                    "Idempotent-Replayed"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01980000-0000-7000-8000-0000000000b1",
                     *       "listingId": "01980000-0000-7000-8000-0000000000cc",
                     *       "mentorProfileId": "01980000-0000-7000-8000-0000000000aa",
                     *       "start": "2030-02-01T10:00:00.000Z",
                     *       "end": "2030-02-01T11:00:00.000Z",
                     *       "notes": "How do I find my first job?",
                     *       "metadata": {
                     *         "campaign": "autumn"
                     *       },
                     *       "menteeUserId": "01980000-0000-7000-8000-00000000bbbb",
                     *       "status": "declined",
                     *       "expired": false,
                     *       "sessionId": null,
                     *       "sessionStatus": null,
                     *       "allowedActions": [],
                     *       "version": 2,
                     *       "createdAt": "2030-01-31T09:00:00.000Z",
                     *       "updatedAt": "2030-01-31T09:05:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Booking"];
                };
            };
            /**
             * @description `validation-failed`: invalid body, path, header or query; see `errors`
             *
             *     `malformed-json`: the body is not valid JSON
             */
            400: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: missing, invalid or expired token */
            401: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description RFC 6750 */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller may not do this */
            403: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: no such resource */
            404: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `idempotency-key-in-use`: another request with this Idempotency-Key is in progress
             *
             *     `invalid-transition`: its status allows no such transition; with `currentStatus`
             */
            409: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `precondition-failed`: the version in If-Match is not the current one */
            412: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `payload-too-large`: the body is larger than 64 KiB */
            413: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported-media-type`: the body is not application/json in UTF-8 */
            415: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description `identity`, if the body was compressed */
                    "Accept-Encoding"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency-key-reused`: the Idempotency-Key was used for a different request */
            422: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: more requests per minute than the service allows; see `Retry-After` */
            429: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: an error on our side; the requestId identifies it in our logs */
            500: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `outcome-unknown`: it may or may not have taken effect; retry with the same Idempotency-Key, or read the resource
             *
             *     `unavailable`: temporarily unavailable; nothing was changed
             */
            503: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    cancelBooking: {
        parameters: {
            query?: never;
            header?: {
                /** @description ETag of the version to change; 412 if it is no longer the current one. */
                "If-Match"?: string;
                /** @description A new key for each action, the same key for its retries. Retries within 24 h return the original response and have no further effect. */
                "Idempotency-Key"?: string;
            };
            path: {
                id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description the booking */
            200: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description its version, for `If-Match` and `If-None-Match` */
                    ETag: string;
                    /** @description `true` on a retry: the original response */
                    "Idempotent-Replayed"?: string;
                    [name: string]: unknown;
                };
                content: {
                    /**
                     * @example {
                     *       "id": "01980000-0000-7000-8000-0000000000b1",
                     *       "listingId": "01980000-0000-7000-8000-0000000000cc",
                     *       "mentorProfileId": "01980000-0000-7000-8000-0000000000aa",
                     *       "start": "2030-02-01T10:00:00.000Z",
                     *       "end": "2030-02-01T11:00:00.000Z",
                     *       "notes": "How do I find my first job?",
                     *       "metadata": {
                     *         "campaign": "autumn"
                     *       },
                     *       "menteeUserId": "01980000-0000-7000-8000-00000000bbbb",
                     *       "status": "cancelled",
                     *       "expired": false,
                     *       "sessionId": null,
                     *       "sessionStatus": null,
                     *       "allowedActions": [],
                     *       "version": 2,
                     *       "createdAt": "2030-01-31T09:00:00.000Z",
                     *       "updatedAt": "2030-01-31T09:05:00.000Z"
                     *     }
                     */
                    "application/json": components["schemas"]["Booking"];
                };
            };
            /**
             * @description `validation-failed`: invalid body, path, header or query; see `errors`
             *
             *     `malformed-json`: the body is not valid JSON
             */
            400: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unauthenticated`: missing, invalid or expired token */
            401: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description RFC 6750 */
                    "WWW-Authenticate": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `forbidden`: the caller may not do this */
            403: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `not-found`: no such resource */
            404: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `idempotency-key-in-use`: another request with this Idempotency-Key is in progress
             *
             *     `invalid-transition`: its status allows no such transition; with `currentStatus`
             */
            409: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After"?: number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `precondition-failed`: the version in If-Match is not the current one */
            412: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `payload-too-large`: the body is larger than 64 KiB */
            413: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `unsupported-media-type`: the body is not application/json in UTF-8 */
            415: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description `identity`, if the body was compressed */
                    "Accept-Encoding"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `idempotency-key-reused`: the Idempotency-Key was used for a different request */
            422: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `too-many-requests`: more requests per minute than the service allows; see `Retry-After` */
            429: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description `internal`: an error on our side; the requestId identifies it in our logs */
            500: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description `outcome-unknown`: it may or may not have taken effect; retry with the same Idempotency-Key, or read the resource
             *
             *     `unavailable`: temporarily unavailable; nothing was changed
             */
            503: {
                headers: {
                    /** @description The caller's, if it sent a valid one; otherwise a new one. */
                    "X-Request-Id": string;
                    /** @description seconds to wait */
                    "Retry-After": number;
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
