-- What was checked, and when. It may change, and it proves nothing: whoever can edit the log can edit this, too. It only
-- says from where an incremental check goes on, what an interrupted one need not do again, and how the last ones ended.

-- Up to `position`, where the chain had `head_hash`: `verified` is the last point at which everything held, the other two
-- are the last runs of each kind. `tree` is what the Merkle tree over these events needs to grow on.
create table es.verification (
  lane          smallint    not null,
  scope         text        not null check (scope in ('verified', 'full', 'incremental')),
  position      bigint      not null check (position >= 0),
  head_hash     bytea       not null,
  tree          bytea,
  checked_at    timestamptz not null,
  problems      int         not null check (problems >= 0),
  first_problem text        not null,
  primary key (lane, scope)
);

-- The parts of a full check that is not finished; each held up to a point of the chain.
create table es.verification_part (
  lane       smallint    not null,
  part       text        not null,
  position   bigint      not null check (position >= 0),
  head_hash  bytea       not null,
  tree       bytea,
  checked_at timestamptz not null,
  primary key (lane, part)
);

grant select, insert, update, delete on es.verification, es.verification_part to creditledger_service;
