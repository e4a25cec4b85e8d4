"""What every protocol over HTTP shares: PHP-style forms, PHP's serialize format, who is calling."""
