-- The event bus, what consumers remember, and the leases of jobs.

CREATE TABLE bus_messages (
    position    INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id  TEXT    NOT NULL UNIQUE,
    topic       TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    at_ms       INTEGER NOT NULL
) STRICT;

CREATE TABLE bus_groups (
    name        TEXT    NOT NULL PRIMARY KEY,
    topics      TEXT    NOT NULL,              -- between commas: ",orders,sales,"
    ack_within_ms INTEGER NOT NULL,
    deliveries_max INTEGER NOT NULL,
    pause_first_ms INTEGER NOT NULL,
    pause_max_ms INTEGER NOT NULL,
    cursor      INTEGER NOT NULL               -- positions up to here were given out
) STRICT, WITHOUT ROWID;

-- Given out and not yet acknowledged.
CREATE TABLE bus_deliveries (
    group_name  TEXT    NOT NULL,
    position    INTEGER NOT NULL,
    deliveries  INTEGER NOT NULL,
    visible_ms  INTEGER NOT NULL,              -- given out again from here on
    reason      TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (group_name, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX bus_deliveries_due ON bus_deliveries (group_name, visible_ms);
CREATE INDEX bus_deliveries_of_message ON bus_deliveries (position);

-- Hold their message, so that the log can forget it.
CREATE TABLE bus_dead_letters (
    position    INTEGER NOT NULL,
    group_name  TEXT    NOT NULL,
    message_id  TEXT    NOT NULL,
    topic       TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    deliveries  INTEGER NOT NULL,
    reason      TEXT    NOT NULL,
    died_ms     INTEGER NOT NULL,
    PRIMARY KEY (position, group_name)
) STRICT, WITHOUT ROWID;
CREATE INDEX bus_dead_letters_of_group ON bus_dead_letters (group_name, position);

CREATE TABLE events_seen (
    consumer    TEXT    NOT NULL,
    event_id    TEXT    NOT NULL,
    at_ms       INTEGER NOT NULL,
    PRIMARY KEY (consumer, event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_seen_by_age ON events_seen (at_ms);

CREATE TABLE leases (
    name        TEXT    NOT NULL PRIMARY KEY,
    holder      TEXT    NOT NULL,
    token       INTEGER NOT NULL,
    until_ms    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
