-- A columnar journal: one row is one balanced entry in one currency, one column is one account of the chart (see chart.py
-- and deploy/chart-of-accounts.md). Debits are positive, credits negative, hundredths; null is no posting. An event has one
-- entry; a corrected transaction has two, line 0 takes the old one back and line 1 books it anew. Rows never change.
create table {schema}.entry (
  lane            smallint not null,
  position        bigint   not null,
  line            bigint   not null,
  client_id       bigint   not null,
  date            text     not null collate "C",
  type            text     not null,
  currency        text     not null,
  invoice_id      bigint,
  transaction_id  bigint,
  gateway         text,
  receivable      bigint,
  clearing        bigint,
  settlement      bigint,
  credit          bigint,
  unallocated     bigint,
  deposits        bigint,
  prepaid         bigint,
  tax             bigint,
  tax2            bigint,
  sales           bigint,
  refunds         bigint,
  fees            bigint,
  adjustments     bigint,
  invoice_credits bigint,
  returned        bigint,
  write_offs      bigint,
  primary key (lane, position, line),
  constraint balanced check (
    coalesce(receivable, 0) + coalesce(clearing, 0) + coalesce(settlement, 0) + coalesce(credit, 0)
    + coalesce(unallocated, 0) + coalesce(deposits, 0) + coalesce(prepaid, 0) + coalesce(tax, 0) + coalesce(tax2, 0)
    + coalesce(sales, 0) + coalesce(refunds, 0) + coalesce(fees, 0) + coalesce(adjustments, 0)
    + coalesce(invoice_credits, 0) + coalesce(returned, 0) + coalesce(write_offs, 0) = 0)
);

-- A correction finds what it takes back. Only entries of transactions are in it.
create index entry_transaction on {schema}.entry (transaction_id, lane, position, line) where transaction_id is not null;

-- Where every invoice stands: from that, and from where an event takes it, follow the postings of the event.
-- due = total - what credit and money paid of it; paid_back adds up what ever went out for it.
create table {schema}.standing (
  lane       smallint not null,
  invoice_id bigint   not null,
  client_id  bigint   not null,
  currency   text     not null,
  status     text     not null,
  subtotal   bigint   not null,
  tax        bigint   not null,
  tax2       bigint   not null,
  due        bigint   not null,
  paid_back  bigint   not null,
  primary key (lane, invoice_id)
) with (fillfactor = 70);

-- Why the lane is not in front: see invoices/tables.sql.
create index standing_client on {schema}.standing (client_id, lane);

-- Lines that become credit when their invoice is paid (added funds, mass payments): they are no sales.
create table {schema}.credit_line (
  lane       smallint not null,
  invoice_id bigint   not null,
  item_id    bigint   not null,
  amount     bigint   not null,
  primary key (lane, invoice_id, item_id)
);

-- The journal as an auditor reads it: one row per posting. `party` is a client's number, a gateway, or null.
create view {schema}.posting as
select e.lane, e.position, e.line, e.date, e.type, e.currency, e.client_id, e.invoice_id, e.transaction_id,
       p.account, p.party, p.amount
  from {schema}.entry e
 cross join lateral (values
         ('Assets:Receivables', e.client_id::text, e.receivable),
         ('Assets:Gateways', e.gateway, e.clearing),
         ('Assets:Settlement-Differences', null, e.settlement),
         ('Liabilities:Client-Credit', e.client_id::text, e.credit),
         ('Liabilities:Unallocated', e.client_id::text, e.unallocated),
         ('Liabilities:Deposits', e.client_id::text, e.deposits),
         ('Liabilities:Prepayments', e.client_id::text, e.prepaid),
         ('Liabilities:Tax:1', null, e.tax),
         ('Liabilities:Tax:2', null, e.tax2),
         ('Income:Sales', null, e.sales),
         ('Income:Refunds', null, e.refunds),
         ('Expenses:Gateway-Fees', e.gateway, e.fees),
         ('Expenses:Credit-Adjustments', null, e.adjustments),
         ('Expenses:Invoice-Credits', null, e.invoice_credits),
         ('Expenses:Overpayments-Returned', null, e.returned),
         ('Expenses:Write-Offs', null, e.write_offs)
       ) as p (account, party, amount)
 where p.amount is not null;
