"""The three ways an answer is written: `json`, `xml`, `nvp`, one file each.

Lives here: an answer to bytes, pure. Which way is taken is decided in `service.whmcs.encoder`, which alone
imports them.
"""
