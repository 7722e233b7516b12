-- Apart from the tables: to make them after many rows is faster than to keep them while these come.
CREATE INDEX IF NOT EXISTS event_who ON event (who, time, id, spelling);
CREATE INDEX IF NOT EXISTS event_mark ON event (mark);
CREATE INDEX IF NOT EXISTS event_id ON event (id);
