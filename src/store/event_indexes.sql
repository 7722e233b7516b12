-- Apart from the tables: to make them after many rows is faster than to keep them while these come.
-- All that counting somebody's events reads is in the first: their rows lie all over the table.
CREATE INDEX IF NOT EXISTS event_who ON event (who, time, id, spelling, hidden, value);
CREATE INDEX IF NOT EXISTS event_mark ON event (mark);
CREATE INDEX IF NOT EXISTS event_id ON event (id);
