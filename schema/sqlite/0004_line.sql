-- The lines of sales: who stands where, and how far each has been called.

CREATE TABLE lines (
    line_no       INTEGER PRIMARY KEY,
    sale_id       BLOB    NOT NULL UNIQUE,
    opened_ms     INTEGER NOT NULL,
    ticket_key    BLOB    NOT NULL,
    draw_secret   BLOB    NOT NULL,             -- committed to before the sale, revealed after it
    public_value  TEXT    NOT NULL,             -- named before the sale, mixed into the draw
    sequence_mark INTEGER NOT NULL DEFAULT 1,   -- numbers below it may have been given to somebody
    called_turns  INTEGER NOT NULL DEFAULT 0,   -- turns below it may have been called
    list_closed_ms INTEGER,                     -- set once, at the opening
    list_entries  INTEGER,
    list_end      INTEGER,                      -- tickets with numbers below it are the list
    list_root     BLOB,
    CHECK ((list_closed_ms IS NULL) = (list_root IS NULL))
) STRICT;

-- Before the list is closed a ticket that is given up is deleted; afterwards its row stays, so that the list can be
-- checked and all others keep their turns.
CREATE TABLE line_tickets (
    line_no       INTEGER NOT NULL REFERENCES lines,
    sequence      INTEGER NOT NULL,
    customer      BLOB    NOT NULL,
    live          INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (line_no, sequence)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX line_ticket_of_customer ON line_tickets (line_no, customer) WHERE live = 1;

-- Calls whose admissions may still run: turns from the end of the call before up to turn_end, until expires_ms.
CREATE TABLE line_calls (
    line_no       INTEGER NOT NULL REFERENCES lines,
    turn_end      INTEGER NOT NULL,
    turn_begin    INTEGER NOT NULL CHECK (turn_begin < turn_end),
    expires_ms    INTEGER NOT NULL,
    PRIMARY KEY (line_no, turn_end)
) STRICT, WITHOUT ROWID;
