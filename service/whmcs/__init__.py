"""The WHMCS `includes/api.php` protocol: one file per action, one table of actions, one endpoint."""
