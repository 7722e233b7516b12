-- One row for each person of the run. People, their data and the settings lie in files that never change; this is what happened.
CREATE TABLE delivery (
    n        INTEGER PRIMARY KEY,          -- the person's number, in the order of the plan
    key      TEXT NOT NULL,                -- who: the profile's key
    address  TEXT NOT NULL,
    place    INTEGER NOT NULL,             -- where their line is in the file of the people
    length   INTEGER NOT NULL,
    state    INTEGER NOT NULL,             -- see State
    done     INTEGER NOT NULL DEFAULT 0,   -- a bit for each sink that has the message
    attempts INTEGER NOT NULL DEFAULT 0,
    due      INTEGER,                      -- not before this, in milliseconds since 1970
    reason   TEXT,
    code     INTEGER,
    reply    TEXT,                         -- what the server said last, cut short
    intended INTEGER,                      -- when it was last begun, in milliseconds since 1970
    settled  INTEGER,                      -- when its state last became final
    bytes    INTEGER                       -- of the message
) STRICT;
CREATE INDEX waiting ON delivery (due) WHERE due IS NOT NULL;
CREATE INDEX person ON delivery (address);
CREATE TABLE session (
    id      INTEGER PRIMARY KEY,
    begun   INTEGER NOT NULL,
    ended   INTEGER,
    boot    TEXT NOT NULL,                 -- which start of the machine: what was only in its memory is gone with it
    pid     INTEGER NOT NULL,
    how     TEXT,                          -- how it ended
    recovered_pending   INTEGER NOT NULL DEFAULT 0,
    recovered_settled   INTEGER NOT NULL DEFAULT 0,
    recovered_uncertain INTEGER NOT NULL DEFAULT 0,
    recovered_after     TEXT               -- 'kill' or 'power'
) STRICT;
