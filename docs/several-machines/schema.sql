-- Where the pushes go. The key is what makes every push one row, however often it arrives and from whichever machine.

CREATE TABLE pushes (
  event_id text PRIMARY KEY,
  event text NOT NULL,
  -- json and not jsonb: it takes whatever a platform sends, also an escaped NUL.
  payload json NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now()
);
