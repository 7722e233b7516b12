-- The first version of the store. A number below a million names a file of the data folder, which is declarative: what is
-- gone from the file is gone from here. From a million on they are imports, which are kept until they are forgotten.
CREATE TABLE source (
    source INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified INTEGER NOT NULL,  -- nanoseconds since 1970
    hash BLOB NOT NULL
);

-- What was wrong with a line, or (line 0, no text) with all data together.
CREATE TABLE finding (
    source INTEGER NOT NULL,
    line INTEGER NOT NULL,
    code TEXT NOT NULL,
    title TEXT NOT NULL,
    note TEXT,
    help TEXT,
    start INTEGER NOT NULL,
    stop INTEGER NOT NULL,
    text TEXT
);

-- Lines about people, as they were read; one person may have several.
CREATE TABLE profile (
    line_id INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    line INTEGER NOT NULL,
    hash INTEGER NOT NULL,
    along INTEGER NOT NULL,     -- came beside something else
    strength INTEGER NOT NULL,  -- the kind of its strongest name; 9: merges two profiles
    person INTEGER NOT NULL,
    json TEXT NOT NULL
);
CREATE INDEX profile_source ON profile (source, line);
CREATE INDEX profile_person ON profile (person);

-- What a line calls its person: 0 id, 1 external id, 2 address in lower case, 3 phone number.
CREATE TABLE name (
    kind INTEGER NOT NULL,
    value TEXT NOT NULL,
    line_id INTEGER NOT NULL,
    PRIMARY KEY (kind, value, line_id)
) WITHOUT ROWID;

-- What comes of those lines.
CREATE TABLE person (
    person INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,    -- the first of the lines
    line INTEGER NOT NULL,
    id TEXT,
    external_id TEXT,
    email TEXT,
    phone_number TEXT,
    digest INTEGER NOT NULL
);
CREATE INDEX person_place ON person (source, line);

-- Words of addresses and names, folded: those that begin one, then those that stand inside.
CREATE TABLE word (
    inside INTEGER NOT NULL,
    word TEXT NOT NULL,
    person INTEGER NOT NULL,
    PRIMARY KEY (inside, word, person)
) WITHOUT ROWID;
CREATE INDEX word_person ON word (person);
-- The text is kept beside its trigrams: hundreds are compared with what is sought before a few people are read.
CREATE VIRTUAL TABLE person_text USING fts5 (
    text, columnsize = 0, detail = none, tokenize = 'trigram case_sensitive 1'
);

-- Everybody that events name, as they name them; a person may be several.
CREATE TABLE who (
    who INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    external_id TEXT NOT NULL,
    email TEXT NOT NULL,
    phone_number TEXT NOT NULL,
    person INTEGER
);
CREATE UNIQUE INDEX who_names ON who (id, external_id, email, phone_number);
CREATE INDEX who_external_id ON who (external_id) WHERE external_id <> '';
CREATE INDEX who_email ON who (email) WHERE email <> '';
CREATE INDEX who_phone_number ON who (phone_number) WHERE phone_number <> '';
CREATE INDEX who_person ON who (person);

-- Metrics as events name them.
CREATE TABLE spelling (
    spelling INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    integration TEXT NOT NULL,
    UNIQUE (id, name, integration)
);

CREATE TABLE event (
    event INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    line INTEGER NOT NULL,
    hash INTEGER NOT NULL,
    who INTEGER NOT NULL,
    spelling INTEGER NOT NULL,
    mark INTEGER NOT NULL,      -- what it is recorded once by
    id TEXT NOT NULL,
    time INTEGER NOT NULL,
    value REAL,
    hidden INTEGER NOT NULL,    -- 1: the data folder has it, too; 2: another spelling of the person has it
    json TEXT NOT NULL
);
-- Lines come in order, and few events are repeats: these are kept while many come, unlike those of event_indexes.sql.
CREATE INDEX event_source ON event (source, line);
CREATE INDEX event_repeat ON event (event) WHERE hidden & 2;

-- Metrics, items, variants and categories, by kind and own id.
CREATE TABLE record (
    record INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    key TEXT NOT NULL,
    source INTEGER NOT NULL,
    line INTEGER NOT NULL,
    hash INTEGER NOT NULL,
    seen INTEGER NOT NULL,      -- when it was first read
    json TEXT NOT NULL
);
CREATE INDEX record_key ON record (kind, key);
CREATE INDEX record_source ON record (source, line);

CREATE TABLE catalog_change (
    item TEXT NOT NULL,
    variant TEXT,
    field TEXT NOT NULL,        -- price or stock
    time INTEGER NOT NULL,
    old REAL NOT NULL,
    new REAL NOT NULL
);
CREATE INDEX catalog_change_item ON catalog_change (item, time);

-- Lists may be empty.
CREATE TABLE list (
    list TEXT NOT NULL,
    source INTEGER NOT NULL,
    PRIMARY KEY (list, source)
) WITHOUT ROWID;
CREATE TABLE member (
    list TEXT NOT NULL,
    kind INTEGER NOT NULL,
    value TEXT NOT NULL,
    joined INTEGER,
    source INTEGER NOT NULL,
    line INTEGER NOT NULL,
    PRIMARY KEY (kind, value, list, source)
) WITHOUT ROWID;
CREATE INDEX member_list ON member (list);

CREATE TABLE coupon (
    coupon TEXT NOT NULL,
    code TEXT NOT NULL,
    source INTEGER NOT NULL,
    line INTEGER NOT NULL,
    PRIMARY KEY (coupon, code, source)
) WITHOUT ROWID;

CREATE TABLE postal_code (
    country TEXT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    latitude REAL NOT NULL,
    longitude REAL NOT NULL,
    source INTEGER NOT NULL,
    line INTEGER NOT NULL
);
CREATE INDEX postal_code_code ON postal_code (country, code);

-- People who were taken out: hashes of their names, so that a file that still has them does not bring them back.
CREATE TABLE forgotten (
    hash BLOB PRIMARY KEY
) WITHOUT ROWID;

-- One row: a number that is another one after each change, in whatever process, so that whoever remembers it knows that nothing has changed since.
CREATE TABLE state (
    token INTEGER NOT NULL
);
INSERT INTO state VALUES (random());
