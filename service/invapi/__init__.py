"""HOSTKEY Invapi, `auth.php` and `whmcs.php`: for the clients of the ledger themselves."""
