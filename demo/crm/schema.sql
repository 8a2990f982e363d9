-- The tables of the demo's CRM. Times are milliseconds since 1970. A column of …_zh holds the Chinese of a sample; what agents write has none.

create table if not exists customers (
  number text primary key,
  name text not null,
  name_zh text,
  company text,
  company_zh text,
  city text,
  city_zh text
) strict;

-- A call is one row. `rank` is its latest event: an earlier event that comes again changes nothing.
create table if not exists calls (
  id text primary key,
  rank integer not null,
  state text not null check (state in ('dialing', 'ringing', 'answered', 'over')),
  agent text not null,
  number text not null,
  direction text,
  outcome text,
  cause text,
  started_at integer not null,
  answered_at integer,
  ring_seconds integer,
  talk_seconds integer,
  record_file text,
  user_data text,
  campaign text,
  campaign_row text,
  -- When something was first and last heard of it, by the clock of this machine: the other times are the platform's.
  heard_at integer not null default (cast(unixepoch('now', 'subsec') * 1000 as integer)),
  updated_at integer not null,
  -- The note, also while it is being written: it is saved once noted_at is there.
  note text not null default '',
  note_zh text,
  disposition text,
  due_at integer,
  noted_at integer,
  -- The call-back was made, or is not wanted any more.
  done_at integer,
  -- The call has ended and its agent is to write the note.
  wrap_up integer not null default 0,
  -- What the agent will be when the note is saved.
  next text not null default 'ready' check (next in ('ready', 'busy'))
) strict;

create index if not exists calls_by_agent on calls (agent, started_at);
create index if not exists calls_by_number on calls (number, started_at);
create index if not exists calls_by_time on calls (started_at);

-- Agents who have logged in at a desk: only they have after-call work.
create table if not exists desks (agent text primary key) strict;

-- `progress` is the last progress of sccc-campaign, as JSON; a campaign without it has not begun.
create table if not exists campaigns (
  id text primary key,
  name text not null,
  created_at integer not null,
  progress text
) strict;

-- A number of a campaign with its outcome. The id is msg.sccc.campaign.id, so that a result that comes again is still one row.
create table if not exists results (
  id text primary key,
  campaign text not null,
  position integer not null,
  number text,
  entry text not null,
  outcome text not null,
  reason text,
  attempts integer not null,
  agent text,
  started_at integer,
  talk_seconds integer,
  saved_at integer not null
) strict;

create index if not exists results_of_campaign on results (campaign, position);
