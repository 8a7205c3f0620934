-- Passes that were ended: those of a person, phone or session issued before an instant open nothing any more.

CREATE TABLE passes_ended (
    subject_id uuid PRIMARY KEY,
    not_before timestamptz NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX passes_ended_at ON passes_ended (at);
