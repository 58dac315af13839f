-- The event bus, what consumers remember, and the leases of jobs.

CREATE TABLE bus_messages (
    position    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id  text COLLATE "C" NOT NULL UNIQUE,
    topic       text NOT NULL,
    body        text NOT NULL,
    at_ms       bigint NOT NULL
);

CREATE TABLE bus_groups (
    name        text COLLATE "C" NOT NULL PRIMARY KEY,
    topics      text NOT NULL,              -- between commas: ",orders,sales,"
    ack_within_ms bigint NOT NULL,
    deliveries_max bigint NOT NULL,
    pause_first_ms bigint NOT NULL,
    pause_max_ms bigint NOT NULL,
    cursor      bigint NOT NULL               -- positions up to here were given out
);

-- Given out and not yet acknowledged.
CREATE TABLE bus_deliveries (
    group_name  text COLLATE "C" NOT NULL,
    position    bigint NOT NULL,
    deliveries  bigint NOT NULL,
    visible_ms  bigint NOT NULL,              -- given out again from here on
    reason      text NOT NULL DEFAULT '',
    PRIMARY KEY (group_name, position)
);
CREATE INDEX bus_deliveries_due ON bus_deliveries (group_name, visible_ms);
CREATE INDEX bus_deliveries_of_message ON bus_deliveries (position);

-- Hold their message, so that the log can forget it.
CREATE TABLE bus_dead_letters (
    position    bigint NOT NULL,
    group_name  text COLLATE "C" NOT NULL,
    message_id  text NOT NULL,
    topic       text NOT NULL,
    body        text NOT NULL,
    deliveries  bigint NOT NULL,
    reason      text NOT NULL,
    died_ms     bigint NOT NULL,
    PRIMARY KEY (position, group_name)
);
CREATE INDEX bus_dead_letters_of_group ON bus_dead_letters (group_name, position);

CREATE TABLE events_seen (
    consumer    text COLLATE "C" NOT NULL,
    event_id    text COLLATE "C" NOT NULL,
    at_ms       bigint NOT NULL,
    PRIMARY KEY (consumer, event_id)
);
CREATE INDEX events_seen_by_age ON events_seen (at_ms);

CREATE TABLE leases (
    name        text COLLATE "C" NOT NULL PRIMARY KEY,
    holder      text NOT NULL,
    token       bigint NOT NULL,
    until_ms    bigint NOT NULL
);
