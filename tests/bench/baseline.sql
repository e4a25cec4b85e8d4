-- The obvious design, by hand: one function call per command, one transaction per call, nothing else.
-- No receipts, no hash chain, no versions, no HTTP: what a ledger on PostgreSQL costs at the very least.
drop schema if exists baseline cascade;
create schema baseline;
create table baseline.balance (client_id int primary key, amount bigint not null) with (fillfactor = 50);
create table baseline.event (
  id bigint generated always as identity primary key,
  client_id int not null, amount bigint not null, balance bigint not null,
  description text not null, recorded_at timestamptz not null default now()
);
create index on baseline.event (client_id, id);
insert into baseline.balance select n, 0 from generate_series(1, 100000) n;

create function baseline.add_credit(p_client int, p_amount bigint, p_description text) returns bigint
language plpgsql as $$
declare v_balance bigint;
begin
  update baseline.balance set amount = amount + p_amount where client_id = p_client returning amount into v_balance;
  insert into baseline.event (client_id, amount, balance, description) values (p_client, p_amount, v_balance, p_description);
  return v_balance;
end $$;
