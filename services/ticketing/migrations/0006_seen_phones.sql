-- When a phone was last heard of, so that a manager can tell two phones of one name apart.

SET lock_timeout = '5s';
ALTER TABLE devices ADD COLUMN last_seen_at timestamptz;
