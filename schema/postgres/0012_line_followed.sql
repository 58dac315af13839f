-- A line is followed: every change of it has a number, and tickets whose standing has changed are found by it. From here on
-- live is 0 given up, 1 live, 2 given up before the list was closed (such tickets have no turn), 3 passed over;
-- sequence_mark is the next number.
ALTER TABLE lines ADD COLUMN change bigint NOT NULL DEFAULT 1;
ALTER TABLE lines ADD COLUMN news bigint NOT NULL DEFAULT 0;
ALTER TABLE line_tickets ADD COLUMN changed bigint NOT NULL DEFAULT 1;
CREATE INDEX line_tickets_changed ON line_tickets (line_no, changed) WHERE live <> 1;

-- What the processes that serve a line tell each other; the newest are kept.
CREATE TABLE line_news (
    line_no       bigint NOT NULL REFERENCES lines,
    number        bigint NOT NULL,
    process       text NOT NULL,
    at_ms         bigint NOT NULL,
    heard         bytea NOT NULL,               -- numbers of tickets, each as the difference to the one before
    spent         bytea NOT NULL,
    lane_fill_permille bigint NOT NULL,
    latency_ms    bigint NOT NULL,
    last          bigint NOT NULL,
    PRIMARY KEY (line_no, number)
);
