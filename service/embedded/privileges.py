"""Whom PostgreSQL runs as: what a child does between fork and exec, and nothing else.

PostgreSQL refuses root, and initdb a user id without an account (containers like to give one). Such a process
shows itself to PostgreSQL as an ordinary account inside a user namespace; on the disk its files stay its own.
Where root is refused a namespace (a chroot, Docker's default seccomp profile) the account `postgres`, else
`nobody`, really runs it. Only for the keeper: it has one thread, and forked code runs Python here.
"""

import ctypes
import os
import pwd
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from service.embedded.errors import EmbeddedPostgresError

_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_ACCOUNTS = ("postgres", "nobody")

# Loaded before any fork: the dynamic loader is not to be called between fork and exec.
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Identity:
    """The owner of the server's files (user and group as the machine sees them), and how to turn into him."""

    uid: int
    gid: int
    assume: Callable[[], None]

    def child_setup(self) -> Callable[[], None]:
        """The `preexec_fn` of every PostgreSQL program: turn into this identity, and die with the keeper."""
        keeper = os.getpid()

        def prepare() -> None:
            self.assume()
            # SIGINT is a fast shutdown. Asked for last: a change of user clears it.
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
            if os.getppid() != keeper:  # it died before the line above
                os._exit(1)

        return prepare


def unprivileged() -> Identity:
    """The identity PostgreSQL can run under here. Raises `EmbeddedPostgresError` where there is none."""
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0 and _has_account(uid):
        return Identity(uid, gid, _stay)
    ordinary = (account.pw_uid for account in pwd.getpwall() if account.pw_uid not in (0, uid))
    appear = _appear_as(next(ordinary, 1))
    if _succeeds(appear):
        return Identity(uid, gid, appear)
    if uid != 0:
        raise EmbeddedPostgresError(
            f"PostgreSQL needs an account for the user id {uid}; a user namespace, which could show it one, "
            "is refused here: start the service under a user id of /etc/passwd, or give a DSN"
        )
    for name in _ACCOUNTS:
        with suppress(KeyError):
            account = pwd.getpwnam(name)
            become = _become(account.pw_uid, account.pw_gid)
            if _succeeds(become):
                return Identity(account.pw_uid, account.pw_gid, become)
    raise EmbeddedPostgresError(
        "PostgreSQL does not run as root, a user namespace is refused here, and root may turn into neither "
        f"{' nor '.join(_ACCOUNTS)}: start the service as an ordinary user, or give a DSN"
    )


def _has_account(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _stay() -> None:
    """An ordinary user runs PostgreSQL himself."""


def _appear_as(account_uid: int) -> Callable[[], None]:
    """Enter a user namespace in which this user has that account's id; no other exists."""

    def assume() -> None:
        uid, gid = os.geteuid(), os.getegid()
        if _libc.unshare(_CLONE_NEWUSER):
            raise OSError(ctypes.get_errno(), "a user namespace is refused")
        Path("/proc/self/uid_map").write_text(f"{account_uid} {uid} 1", encoding="ascii")
        Path("/proc/self/setgroups").write_text(
            "deny", encoding="ascii"
        )  # the kernel wants it before gid_map
        Path("/proc/self/gid_map").write_text(f"{account_uid} {gid} 1", encoding="ascii")

    return assume


def _become(uid: int, gid: int) -> Callable[[], None]:
    def assume() -> None:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)

    return assume


def _succeeds(step: Callable[[], None]) -> bool:
    """Try a step in a throw-away child."""
    child = os.fork()
    if child == 0:
        try:
            step()
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
