-- A line is followed: every change of it has a number, and tickets whose standing has changed are found by it. From here on
-- live is 0 given up, 1 live, 2 given up before the list was closed (such tickets have no turn), 3 passed over;
-- sequence_mark is the next number.
ALTER TABLE lines ADD COLUMN change INTEGER NOT NULL DEFAULT 1;
ALTER TABLE lines ADD COLUMN news INTEGER NOT NULL DEFAULT 0;
ALTER TABLE line_tickets ADD COLUMN changed INTEGER NOT NULL DEFAULT 1;
CREATE INDEX line_tickets_changed ON line_tickets (line_no, changed) WHERE live <> 1;

-- What the processes that serve a line tell each other; the newest are kept.
CREATE TABLE line_news (
    line_no       INTEGER NOT NULL REFERENCES lines,
    number        INTEGER NOT NULL,
    process       TEXT    NOT NULL,
    at_ms         INTEGER NOT NULL,
    heard         BLOB    NOT NULL,             -- numbers of tickets, each as the difference to the one before
    spent         BLOB    NOT NULL,
    lane_fill_permille INTEGER NOT NULL,
    latency_ms    INTEGER NOT NULL,
    last          INTEGER NOT NULL,
    PRIMARY KEY (line_no, number)
) STRICT, WITHOUT ROWID;
