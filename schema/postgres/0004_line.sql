-- The lines of sales: who stands where, and how far each has been called.

CREATE TABLE lines (
    line_no       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sale_id       uuid NOT NULL UNIQUE,
    opened_ms     bigint NOT NULL,
    ticket_key    bytea NOT NULL,
    draw_secret   bytea NOT NULL,             -- committed to before the sale, revealed after it
    public_value  text NOT NULL,             -- named before the sale, mixed into the draw
    sequence_mark bigint NOT NULL DEFAULT 1,   -- numbers below it may have been given to somebody
    called_turns  bigint NOT NULL DEFAULT 0,   -- turns below it may have been called
    list_closed_ms bigint,                     -- set once, at the opening
    list_entries  bigint,
    list_end      bigint,                      -- tickets with numbers below it are the list
    list_root     bytea,
    CHECK ((list_closed_ms IS NULL) = (list_root IS NULL))
);

-- Before the list is closed a ticket that is given up is deleted; afterwards its row stays, so that the list can be
-- checked and all others keep their turns.
CREATE TABLE line_tickets (
    line_no       bigint NOT NULL REFERENCES lines,
    sequence      bigint NOT NULL,
    customer      uuid NOT NULL,
    live          bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (line_no, sequence)
);
CREATE UNIQUE INDEX line_ticket_of_customer ON line_tickets (line_no, customer) WHERE live = 1;

-- Calls whose admissions may still run: turns from the end of the call before up to turn_end, until expires_ms.
CREATE TABLE line_calls (
    line_no       bigint NOT NULL REFERENCES lines,
    turn_end      bigint NOT NULL,
    turn_begin    bigint NOT NULL CHECK (turn_begin < turn_end),
    expires_ms    bigint NOT NULL,
    PRIMARY KEY (line_no, turn_end)
);
