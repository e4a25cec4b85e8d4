"""How the feed says no."""

from __future__ import annotations

import importlib
import pkgutil

from service import feed
from service.feed.query import takes_gzip


def test_no_exception_is_kept_to_be_raised_again() -> None:
    """It would keep the traceback of every time, and with it the requests that it was raised for."""
    found = list(pkgutil.walk_packages(feed.__path__, f"{feed.__name__}."))
    assert len(found) > 20
    for module in (importlib.import_module(each.name) for each in found):
        for name, thing in vars(module).items():
            assert not isinstance(thing, BaseException), (module, name)


def test_gzip_is_accepted_by_name() -> None:
    """With any weight but 0, in any case, among others."""
    for accepts in ("gzip", "br, gzip", "deflate, GZIP;q=0.1", "gzip; q=1", "gzip;q=1.000"):
        assert takes_gzip(accepts), accepts
    for accepts in ("", "br", "*", "gzip;q=0", "gzip; q=0.000, br", "x-gzipped"):
        assert not takes_gzip(accepts), accepts
