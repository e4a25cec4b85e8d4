-- For a transaction that writes read models.
-- enable_seqscan: each statement looks rows up by primary key; a plan cached while a table was tiny must not be a scan.
-- synchronous_commit: rows and checkpoint are lost together in a crash, and then projected again.
set local enable_seqscan = off;
set local synchronous_commit = off;
