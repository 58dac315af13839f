// Made by tools/api_types.py from /openapi.json of the operators' address. Do not edit.
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        Problem: {
            type: string;
            title: string;
            status: number;
            detail?: string;
            lines?: {
                sku: string;
                reason: string;
            }[];
            reasons?: string[];
        };
        Money: {
            amount_minor: number;
            currency: string;
        };
        /** @description Texts by language: ko, ja, en. */
        LocalText: {
            [key: string]: string;
        };
        Receipt: {
            sequence: number;
            hash: string;
        };
        Status: {
            status: string;
        };
        SignUp: {
            email: string;
            password: string;
            locale?: string | null;
        };
        LinkToken: {
            token: string;
        };
        PasswordReset: {
            email: string;
        };
        PasswordResetCompletion: {
            token: string;
            password: string;
        };
        LogIn: {
            email: string;
            password: string;
        };
        LoggedIn: {
            session: string;
            csrf_token: string;
            /** Format: uuid */
            customer: string;
            verified: boolean;
            /** Format: date-time */
            expires_at: string;
        };
        Me: {
            /** Format: uuid */
            customer: string;
            email: string;
            locale: string;
            verified: boolean;
            csrf_token: string;
            /** Format: date-time */
            expires_at: string;
        };
        Product: {
            sku: string;
            name: components["schemas"]["LocalText"];
            description: components["schemas"]["LocalText"];
            category: components["schemas"]["LocalText"][];
            price: components["schemas"]["Money"] | null;
            price_version: number;
            weight_g: number;
            images: string[];
            name_derived?: string[];
            category_path?: string;
            released?: string | null;
            version?: number;
        };
        AdminProduct: {
            sku: string;
            name: components["schemas"]["LocalText"];
            description: components["schemas"]["LocalText"];
            category: components["schemas"]["LocalText"][];
            price: components["schemas"]["Money"] | null;
            price_version: number;
            weight_g: number;
            images: string[];
            hidden: boolean;
            /** Format: date-time */
            created_at: string;
            /** Format: date-time */
            updated_at: string;
            name_derived?: string[];
            category_path?: string;
            released?: string | null;
            version?: number;
            stock?: {
                received: number;
                available: number;
                reserved: number;
                sold: number;
                in_transfer: number;
                withdrawn: number;
            };
        };
        AdminProductList: {
            items: components["schemas"]["AdminProduct"][];
            next_cursor: string | null;
            total?: number;
        };
        ProductEdit: {
            price?: components["schemas"]["Money"] | null;
            name?: components["schemas"]["LocalText"];
            description?: components["schemas"]["LocalText"];
            weight_g?: number;
            hidden?: boolean;
        };
        BasketQuantity: {
            quantity: number;
        };
        Basket: {
            lines: {
                sku: string;
                quantity: number;
                /** @enum {string} */
                state: "on_sale" | "few_left" | "all_held" | "sold_out" | "in_sale" | "not_for_sale";
                name: components["schemas"]["LocalText"];
                image: string | null;
                unit_price: components["schemas"]["Money"];
                seen_unit_price: components["schemas"]["Money"];
                price_version: number;
                total: components["schemas"]["Money"];
            }[];
            units: number;
            goods: components["schemas"]["Money"];
            shipping: components["schemas"]["Money"];
            total: components["schemas"]["Money"];
        };
        /** @description The picture's bytes. */
        Image: string;
        /** @description A PNG, JPEG or WebP. */
        ImageUpload: string;
        ImageCut: {
            crop?: null | {
                x: number;
                y: number;
                width: number;
                height: number;
            };
            sharpen?: number | null;
        };
        ProductImage: {
            image: string;
            url: string;
            product: components["schemas"]["AdminProduct"];
        };
        /** @description JSON Lines, one product a line; or CSV with a header, as text/csv. */
        ProductRecords: string;
        ImportReport: {
            created: number;
            updated: number;
            unchanged: number;
            skipped: number;
            stock_kept?: number;
            refused: {
                line: number;
                sku: string;
                reason: string;
            }[];
            foreign_prices?: {
                [key: string]: number;
            };
        };
        ProductStock: {
            sku: string;
            available: number;
            reserved: number;
            sold: number;
            /** @enum {string} */
            state: "on_sale" | "all_held" | "sold_out";
        };
        CategoryList: {
            items: {
                path: string;
                name: components["schemas"]["LocalText"];
                level: number;
                products: number;
            }[];
            next_cursor: string | null;
        };
        ProductSearch: {
            items: components["schemas"]["Product"][];
            next_cursor: string | null;
            total: number;
            total_is_estimate: boolean;
            facets: {
                categories: {
                    name: components["schemas"]["LocalText"];
                    path: string;
                    count: number;
                }[];
                prices: {
                    count: number;
                    from_minor?: number;
                    below_minor?: number | null;
                }[];
                approximate: boolean;
            };
            suggestion: string | null;
            partly_matched?: boolean;
        };
        SuggestionList: {
            items: {
                text: string;
            }[];
            next_cursor: string | null;
        };
        SearchRanking: {
            items: {
                rank: number;
                text: string;
                score?: number;
            }[];
            next_cursor: string | null;
        };
        ProductRanking: {
            items: {
                rank: number;
                product: components["schemas"]["Product"];
                score?: number;
            }[];
            next_cursor: string | null;
        };
        Sale: {
            /** Format: uuid */
            id: string;
            name: components["schemas"]["LocalText"];
            /** @enum {string} */
            state: "scheduled" | "open" | "paused" | "closed";
            /** Format: date-time */
            opens_at: string;
            closes_at: string | null;
            /** Format: date-time */
            now: string;
            items: {
                sku: string;
                units: number;
                price: components["schemas"]["Money"];
                price_version: number;
                limit_per_customer: number;
            }[];
            line: {
                enabled: boolean;
                draw: boolean;
                admissions_per_s_max?: number;
            };
        };
        SaleList: {
            items: components["schemas"]["Sale"][];
            next_cursor: string | null;
        };
        SaleStock: {
            items: components["schemas"]["ProductStock"][];
        };
        SaleRequest: {
            name: components["schemas"]["LocalText"];
            /** Format: date-time */
            opens_at: string;
            items: {
                sku: string;
                units: number;
                price: components["schemas"]["Money"];
                limit_per_customer?: number | null;
            }[];
            closes_at?: string | null;
            line?: {
                enabled?: boolean;
                draw?: boolean;
                admissions_per_s_max?: number;
                admission_valid_s?: number;
            } | null;
        };
        SaleStateRequest: {
            /** @enum {string} */
            state: "open" | "paused" | "closed";
        };
        StockChange: {
            sku: string;
            /** @enum {string} */
            movement: "receive" | "withdraw";
            units: number;
            reason?: string | null;
        };
        StockChanged: {
            receipt: components["schemas"]["Receipt"];
        };
        StockLevel: {
            sku: string;
            received: number;
            available: number;
            reserved: number;
            sold: number;
            in_transfer: number;
            withdrawn: number;
        };
        LineStanding: {
            ticket: string;
            /** @enum {string} */
            state: "before_opening" | "waiting" | "admitted" | "all_held" | "sold_out" | "closed" | "expired";
            place: number | null;
            ahead: number | null;
            wait_s: number | null;
            poll_after_ms: number;
            admission: string | null;
            admission_expires_at: string | null;
        };
        Draw: {
            /** Format: uuid */
            sale: string;
            drawn: boolean;
            commitment: string;
            public_value: string;
            root: string | null;
            secret: string | null;
            entries_total: number;
            entries: string[];
            next_cursor: string | null;
        };
        Address: {
            recipient: string;
            line1: string;
            city: string;
            postal_code: string;
            country: string;
            line2?: string | null;
            phone?: string | null;
        };
        OrderRequest: {
            currency: string;
            lines: {
                sku: string;
                quantity: number;
                unit_price_minor: number;
                price_version?: number | null;
            }[];
            address: components["schemas"]["Address"];
            sale?: string | null;
        };
        OrderPlaced: {
            /** Format: uuid */
            order: string;
            number: string;
            /** @enum {string} */
            state: "reserved";
            total: components["schemas"]["Money"];
            shipping: components["schemas"]["Money"];
            /** Format: date-time */
            hold_until: string;
            receipt: components["schemas"]["Receipt"];
        };
        Order: {
            /** Format: uuid */
            order: string;
            number: string;
            /** Format: uuid */
            customer: string;
            state: string;
            sale: string | null;
            total: components["schemas"]["Money"];
            shipping: components["schemas"]["Money"];
            lines: {
                sku: string;
                quantity: number;
                unit_price_minor: number;
                price_version: number;
            }[];
            address: components["schemas"]["Address"];
            /** Format: date-time */
            placed_at: string;
            /** Format: date-time */
            updated_at: string;
            /** Format: date-time */
            hold_until: string;
            receipt: components["schemas"]["Receipt"];
            captured_at?: string | null;
            refunded_at?: string | null;
            payment?: string | null;
            tracking?: string;
        };
        OrderLedger: {
            items: {
                sequence: number;
                hash: string;
                /** Format: date-time */
                at: string;
                movement: string;
                sku: string;
                units: number;
            }[];
            next_cursor: null;
        };
        OrderList: {
            items: components["schemas"]["Order"][];
            next_cursor: string | null;
        };
        /** @description Prometheus's text format. */
        Metrics: string;
        /** @description CSV with a header, one row a line of an order. */
        OrderExport: string;
        PaymentRequest: {
            /** @enum {string} */
            method: "card";
            token: string;
        };
        Payment: {
            /** Format: uuid */
            order: string;
            number: string;
            state: string;
            /** Format: uuid */
            payment: string;
            total?: components["schemas"]["Money"];
            receipt?: components["schemas"]["Receipt"];
        };
        ShipRequest: {
            tracking?: string | null;
        };
        RefundRequest: {
            restock: boolean;
        };
        DeadLetterList: {
            items: {
                position: number;
                group: string;
                message: string;
                topic: string;
                deliveries: number;
                reason: string;
                /** Format: date-time */
                died_at: string;
                body: string;
            }[];
            next_cursor: string | null;
        };
        DeadLetterRetried: {
            state: string;
        };
        RehearsalSessions: {
            count: number;
            prefix: string;
        };
        RehearsalSessionList: {
            sessions: {
                /** Format: uuid */
                customer: string;
                token: string;
                csrf_token: string;
            }[];
        };
        AuditReport: {
            holds: boolean;
            violations: number;
            orders: number;
            orders_sold?: number;
            customers_served?: number;
            units_sold: number;
            ledger_entries: number;
            ledger_head?: string;
            outbox_pending?: number;
            history_operations?: number;
            orders_acknowledged?: number;
            orders_lost?: number;
            contradictions?: number;
            checks: {
                id: string;
                title: string;
                /** @enum {string} */
                state: "ok" | "violated" | "skipped";
                examined: number;
                examined_what: string;
                note: string;
                violation_count: number;
                violations: {
                    subject: string;
                    expected: string;
                    found: string;
                }[];
            }[];
        };
        Audit: {
            /** @description Counts the audits since the start. */
            audit: number;
            /** @enum {string} */
            state: "none" | "running" | "done" | "failed";
            started_at: string | null;
            /** @description What it looks at now. */
            doing: string;
            /** @description Of its steps, done. */
            share: number;
            /** @description Why it failed. */
            problem: string | null;
            last: null | {
                audit: number;
                /** Format: date-time */
                started_at: string;
                /** Format: date-time */
                finished_at: string;
                took_ms: number;
                report: components["schemas"]["AuditReport"];
            };
        };
        OpenApi: Record<string, never>;
        ProblemTypeList: {
            items: {
                type: string;
                status: number;
                meaning: string;
            }[];
            next_cursor?: null;
        };
        ProblemType: {
            type: string;
            status: number;
            meaning: string;
        };
        OperatorLogIn: {
            name: string;
            password: string;
            /** @description A code of the authenticator app or a recovery code, for who has a second factor. */
            totp?: string | null;
        };
        OperatorLoggedIn: {
            token: string;
            name: string;
            role: string;
            /** Format: date-time */
            expires_at: string;
            csrf_token: string;
        };
        OperatorMe: {
            name: string;
            /** @enum {string} */
            role: "viewer" | "manager" | "owner";
            may_change: boolean;
            may_manage_operators: boolean;
            csrf_token: string;
            expires_at: string | null;
            totp: boolean;
            recovery_codes: number;
        };
        Operator: {
            name: string;
            /** @enum {string} */
            role: "viewer" | "manager" | "owner";
            disabled: boolean;
            totp: boolean;
            /** Format: date-time */
            created_at: string;
        };
        OperatorList: {
            items: components["schemas"]["Operator"][];
            next_cursor: string | null;
        };
        NewOperator: {
            name: string;
            role: string;
            password?: string | null;
        };
        AddedOperator: {
            name: string;
            role: string;
            password?: string;
        };
        OperatorChange: {
            role?: ("viewer" | "manager" | "owner") | null;
            disabled?: boolean | null;
        };
        OperatorPasswordChange: {
            old_password: string;
            new_password: string;
        };
        TotpEnrolment: {
            secret: string;
            otpauth_uri: string;
        };
        TotpCode: {
            code: string;
        };
        TotpRecoveryCodes: {
            recovery_codes: string[];
        };
        OperatorsLog: {
            items: {
                entry: number;
                /** Format: date-time */
                at: string;
                operator: string;
                operation: string;
                target: string;
                /** @enum {string} */
                outcome: "done" | "refused" | "failed" | "unknown";
                status: number | null;
                problem: string | null;
                trace_id: string;
                dry_run: boolean;
                details: {
                    [key: string]: unknown;
                };
            }[];
            next_cursor: string | null;
        };
        /** @description What would happen; given instead of the usual answer when dry_run is asked for. */
        Would: {
            would: {
                [key: string]: unknown;
            };
        };
        OrderDetail: {
            /** @description Of the request that placed it; null when that was before the last start, or 65,536 orders ago. */
            trace_id: string | null;
            /** Format: uuid */
            order: string;
            number: string;
            /** Format: uuid */
            customer: string;
            state: string;
            sale: string | null;
            total: components["schemas"]["Money"];
            shipping: components["schemas"]["Money"];
            lines: {
                sku: string;
                quantity: number;
                unit_price_minor: number;
                price_version: number;
            }[];
            address: components["schemas"]["Address"];
            /** Format: date-time */
            placed_at: string;
            /** Format: date-time */
            updated_at: string;
            /** Format: date-time */
            hold_until: string;
            receipt: components["schemas"]["Receipt"];
            captured_at?: string | null;
            refunded_at?: string | null;
            payment?: string | null;
            tracking?: string;
            ledger: {
                sequence: number;
                epoch: number;
                /** Format: date-time */
                at: string;
                movement: string;
                sku: string;
                units: number;
                hash: string;
            }[];
            payments: {
                /** Format: uuid */
                payment: string;
                /** @enum {string} */
                state: "open" | "captured" | "declined" | "voided";
                /** Format: date-time */
                at: string;
                refund: null | {
                    restock: boolean;
                    tries: number;
                    /** Format: date-time */
                    intended_at: string;
                    done_at: string | null;
                };
            }[];
        };
        Customer: {
            /** Format: uuid */
            customer: string;
            email: string;
            email_masked: boolean;
            locale: string;
            verified: boolean;
            /** Format: date-time */
            created_at: string;
        };
        CustomerList: {
            items: components["schemas"]["Customer"][];
            next_cursor: string | null;
        };
        EventList: {
            items: {
                id: string;
                /** @enum {string} */
                state: "dead" | "pending";
                position: number;
                deliveries: number;
                group: string;
                message: string;
                topic: string;
                reason: string;
                /** @description When it died, or when it is given out again. */
                at: string | null;
                body_bytes: number;
                /** @description Its first 4,000 bytes. */
                body: string;
            }[];
            next_cursor: string | null;
        };
        ForecastRequest: {
            shoppers: number;
            arrive_s: number;
            units: number;
            line?: boolean | null;
            admissions_per_s_max?: number | null;
        };
        Forecast: {
            line_length_max: number;
            /** @description From the opening to the last unit paid. */
            sold_out_s: number | null;
            orders_per_s: number;
            units_sold: number;
            declined: number;
            /** @description At each second. */
            line_length: number[];
            basis: {
                store_orders_per_s: number;
                /** @enum {string} */
                store: "own_orders" | "trial";
                commit_ms: number;
                requests_per_s: number;
                request_us: number;
                /** @enum {string} */
                requests: "own_requests" | "assumed";
            };
        };
        Configuration: {
            items: {
                key: string;
                value: string;
                default: string;
                source: string;
                help: string;
            }[];
            next_cursor: null;
        };
        StatisticsCheck: {
            /** Format: date-time */
            checked_at: string;
            days: number;
            differences: number;
            items: {
                day: string;
                figure: string;
                kept: number;
                counted: number;
            }[];
        };
        /** @description Days and months are those of the shop's clock. A day's visitors are people, signed in or not; a month's are customers who were signed in. */
        Statistics: {
            days: {
                day: string;
                visitors: number;
                customers: number;
                signed_up: number;
                orders: number;
                paid: number;
                refunded: number;
                conversion: number | null;
                revenue: components["schemas"]["Money"][];
                refunds: components["schemas"]["Money"][];
            }[];
            months: {
                month: string;
                visitors: number;
            }[];
            retention: {
                cohort: string;
                months_later: number;
                customers: number;
                share: number | null;
            }[];
            best_goods: {
                sku: string;
                units: number;
                revenue: components["schemas"]["Money"];
            }[];
            drift: components["schemas"]["StatisticsCheck"] | null;
        };
        BoardSales: {
            /** Format: uuid */
            sale: string;
            name: components["schemas"]["LocalText"];
            state: string;
            /** Format: date-time */
            opens_at: string;
            items: {
                sku: string;
                /** @description The sale's cap. */
                units: number;
                /** @description What the sale holds and has sold. */
                taken: number;
                received: number;
                available: number;
                reserved: number;
                sold: number;
            }[];
            line_length: number;
            admissions_per_s: number;
        }[];
        Board: {
            /**
             * Format: date-time
             * @description The second of the last point.
             */
            now: string;
            /**
             * Format: date-time
             * @description The second of the first point.
             */
            from: string;
            interval_ms: number;
            series: {
                name: string;
                unit: string;
                about: string;
                /** @description Oldest first; null: no data. */
                points: (number | null)[];
            }[];
            sales: components["schemas"]["BoardSales"];
        };
        /** @description Server-sent events: `id` a second since 1970, BoardSample as `data`. */
        BoardStream: string;
        BoardSample: {
            /** Format: date-time */
            at: string;
            values: {
                [key: string]: number | null;
            };
            sales: components["schemas"]["BoardSales"];
        };
        TraceList: {
            items: {
                trace_id: string;
                /** Format: date-time */
                at: string;
                /** @enum {string} */
                listener: "shop" | "operators";
                method: string;
                route: string;
                status: number;
                duration_ms: number;
                spans: {
                    name: string;
                    start_ms: number;
                    duration_ms: number;
                }[];
            }[];
            next_cursor: string | null;
        };
        LogList: {
            items: {
                /** Format: date-time */
                at: string;
                /** @enum {string} */
                level: "debug" | "info" | "warn" | "error";
                event: string;
                trace_id: string | null;
                fields: {
                    [key: string]: unknown;
                };
            }[];
            next_cursor: string | null;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
