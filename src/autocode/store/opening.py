"""Opening a study file: made once, by whoever comes first; refused where it is another program's.

Writing and reading are two doors. A study can be read where nothing can be written: in a read-only
folder, and on a disk without a byte left.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from autocode.errors import StoreError, disk_fault, free_space, full
from autocode.footprint import sweep, temporary, touched
from autocode.store.rows import TALLY, TALLY_COLUMNS, image, log_of, note, recount, tallied, there

VERSION = 2
"""The format of a study file. 1: as 2, without tallies and the list of outputs."""

TABLES: dict[str, str] = {
    "about": "name TEXT, notice TEXT, codebook TEXT, version TEXT",
    "code": "path TEXT PRIMARY KEY, name TEXT, parent TEXT, definition TEXT, include TEXT, exclude TEXT, "
    "example TEXT, guid TEXT",
    "category": "path TEXT REFERENCES code(path)",
    "colour": "path TEXT REFERENCES code(path), colour TEXT",
    "coder": "id TEXT PRIMARY KEY, name TEXT, kind TEXT, guid TEXT",
    "document": "id TEXT PRIMARY KEY, text TEXT, name TEXT, variables TEXT, kind TEXT, source TEXT, guid TEXT, groups TEXT",
    "turn": "document TEXT REFERENCES document(id), start INT, end INT, speaker TEXT, start_ms INT, end_ms INT",
    "segment": "document TEXT REFERENCES document(id), start INT, end INT, id TEXT, speaker TEXT",
    "coding": "document TEXT REFERENCES document(id), start INT, end INT, code TEXT REFERENCES code(path), "
    "coder TEXT REFERENCES coder(id), memo TEXT, at TEXT, weight INT",
    "reading": "document TEXT REFERENCES document(id), coder TEXT REFERENCES coder(id), start INT, end INT",
    "asks": "document TEXT REFERENCES document(id), speaker TEXT",
    "doubt": "document TEXT REFERENCES document(id), start INT, end INT, confidence REAL",
}
BESIDE: dict[str, str] = {
    "output": "path TEXT PRIMARY KEY, kind TEXT, sha256 TEXT, at TEXT",
    "forgetting": "participant TEXT, documents TEXT, at TEXT, places TEXT",
}
"""Tables that are no part of the study itself: outputs made of it, and a forgetting that is not yet over."""

BROKEN = sqlite3.Error, OSError, UnicodeDecodeError
"""What goes wrong with a database file; the last where SQLite's own words name a table by bytes that are no text."""

BACKUPS = "backups"
"""The folder of dated copies, beside the study file."""

_KEPT = 10  # dated copies that were made by themselves


def now() -> str:
    """The moment, ISO 8601 in UTC to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@contextmanager
def opened(path: Path, new: bool = False) -> Iterator[sqlite3.Connection]:
    """A connection to a study file for writing; one of an older format is copied, then brought up to this one.

    Args:
        path: The file.
        new: Make it where there is none.

    Raises:
        StoreError: It is missing, damaged, held by another program or made by another one, or the disk refuses.
    """
    if not new:
        _must_be_there(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        sweep(path.parent)
        if not path.exists():
            _make(path)
        logged = log_of(path).exists()
        with closing(sqlite3.connect(path, timeout=30, isolation_level=None)) as connection:
            _take_turns(connection)
            _set_up(connection)
            _prepare(connection, path)
            if logged:
                _settle(path, connection)
            touched(path)
            yield connection
    except UnicodeEncodeError as error:
        why = "a text holds half of a character (a lone surrogate), which no file can hold"
        raise StoreError(str(path), why, "Replace it: text.encode('utf-8', 'replace').decode().") from error
    except BROKEN as error:
        raise explained(path, error) from error


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to a study file for reading alone, also where nothing can be written.

    Raises:
        StoreError: It is missing, damaged, or made by a newer or another program.
    """
    _must_be_there(path)
    try:
        logged = log_of(path).exists()
        with closing(_readable(path)) as connection:
            if logged:
                _settle(path, connection)
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if not 0 < version <= VERSION:
                raise _other_version(path, version)
            touched(path)
            yield connection
    except BROKEN as error:
        raise explained(path, error) from error


def _readable(path: Path) -> sqlite3.Connection:
    """A connection that has read from the file: as others do, or past them where the disk lets nothing be written."""
    connection = sqlite3.connect(path, timeout=30, isolation_level=None)
    try:
        _set_up(connection)
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("PRAGMA query_only=ON")
        return connection
    except sqlite3.Error as error:
        connection.close()
        if _primary(error) not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise
        return still(path)


def still(path: Path) -> sqlite3.Connection:
    """A connection to the file as it is now; neither it nor anything beside it is written or locked.

    Raises:
        OSError: It cannot be read.
        sqlite3.Error: It is no database.
    """
    log = log_of(path)
    if log.is_file() and log.stat().st_size:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.deserialize(image(path))
    else:
        uri = path.absolute().as_uri() + "?mode=ro&immutable=1"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    _set_up(connection)
    connection.execute("PRAGMA query_only=ON")
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; a fault of taking back never hides the fault that made it necessary."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # a full disk takes back by itself
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
        raise


_LOG = "log"  # tally that is 1 in the file itself while changes stand in the log alone
_LONG_LOG = 4 * 2**20  # bytes of a log, after which it is put into the file


def mark(connection: sqlite3.Connection, path: Path) -> None:
    """Note in the file itself that a log begins, so that a copy without the log is known for what it is.

    Where the log is empty, or long enough to be put into the file first; the next transaction says `unmark`,
    which stands in the log alone.
    """
    connection.execute("PRAGMA wal_autocheckpoint=0")
    with suppress(FileNotFoundError):
        if 0 < log_of(path).stat().st_size < _LONG_LOG:
            return
    note(connection, _LOG, 1, 0)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def unmark(connection: sqlite3.Connection) -> None:
    """Note, in the log, that whoever has the log has all."""
    note(connection, _LOG, 0, 0)


def is_marked(connection: sqlite3.Connection) -> bool:
    """Whether a study seen through this connection lacks the log that belongs to it, unless a run was killed just then."""
    return there(connection, TALLY) and tallied(connection, _LOG) == (1, 0)


def _settle(path: Path, connection: sqlite3.Connection) -> None:
    """Take a mark away that a killed run left: its log is here, so nothing is missing."""
    if is_marked(connection):
        with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=5, isolation_level=None)) as writer:
            _set_up(writer)
            unmark(writer)


def _must_be_there(path: Path) -> None:
    try:
        found = path.is_file() and path.stat().st_size
    except OSError as error:
        raise explained(path, error) from error
    if not found:
        raise StoreError(str(path), "there is no study here", "Import one: autocode import FILE --study FOLDER.")


def _make(path: Path) -> None:
    """Make an empty study file, which appears whole: a reader that comes in between finds none, or one that can be read."""
    half = path.with_name(f"{temporary(path.name)}new")
    try:
        os.close(os.open(half, os.O_CREAT | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(half, isolation_level=None)) as connection:
            _set_up(connection)
            _prepare(connection, half)
            connection.execute("PRAGMA journal_mode=WAL")
        try:
            os.link(half, path)  # unlike a renaming, never over a file that another process has just made
        except FileExistsError:
            return
        except OSError:  # a disk without links, a memory stick say
            if not path.exists():
                os.replace(half, path)
    finally:
        half.unlink(missing_ok=True)


def _set_up(connection: sqlite3.Connection) -> None:
    for pragma in ("synchronous=FULL", "foreign_keys=ON", "secure_delete=ON", "trusted_schema=OFF", "cell_size_check=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("PRAGMA mmap_size=0")


def _take_turns(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; SQLite does not wait where another process is switching the same new file."""
    for left in range(50, -1, -1):
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if not left or _primary(error) not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            time.sleep(0.1)


def _primary(error: BaseException) -> int:
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_REFUSED = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH)
_SMALL = 1.0  # megabytes free, below which a write that failed has failed for want of space
_LONGEST = 500  # characters of a path that SQLite opens


def explained(path: Path, error: Exception) -> StoreError:
    """What went wrong with a study file, told apart: only damage is called damage, and no cell is quoted."""
    code, name = _primary(error), getattr(error, "sqlite_errorname", "") or type(error).__name__
    if isinstance(error, OSError):
        why, mend = disk_fault(error, path)
        return StoreError(str(path), f"it cannot be opened: {why}", f"{mend} The study is as it was.")
    if len(str(path.absolute())) > _LONGEST and code == sqlite3.SQLITE_CANTOPEN:
        return StoreError(str(path), "its path is too long", "Move the study to a folder with a shorter path.")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError(str(path), "another program is writing to it", "Wait for it, or close it, and try again.")
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and free_space(path) < _SMALL):
        why, mend = full(path)
        return StoreError(str(path), why, f"{mend} The study is as it was.")
    if code in _REFUSED:
        why = "it cannot be written: the folder or the file is read-only, or not yours"
        return StoreError(str(path), why, "Copy the study to a folder of your own. The study is as it was.")
    if code == sqlite3.SQLITE_IOERR:
        why = f"the system refuses to write more to it ({name})"
        return StoreError(str(path), why, "Look at the disk and its limits, then try again. The study is as it was.")
    if code in (sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_NOMEM):
        return StoreError(str(path), f"it is too large for this computer ({name})", "Split it into two studies.")
    return StoreError(
        str(path), f"it is damaged or no study file ({name})", "Restore a copy (autocode restore), or import the sources again."
    )


def _other_version(path: Path, version: int) -> StoreError:
    if version > VERSION:
        why = f"it was made by a newer autocode (format {version}, this program knows up to {VERSION})"
        return StoreError(str(path), why, "Update autocode, then open it again.")
    return StoreError(str(path), "it is no study file", "Choose another folder.")


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables of a new file, bring up an older one; refuse a file of another program or a newer version."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == VERSION:
        return
    if 0 < version < VERSION:
        dated_copy(connection, path, "upgrade")
    with transaction(connection):  # looked at again under the lock: another process may be making this very file
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == VERSION:
            return
        empty = not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version > VERSION or not (version or empty):
            raise _other_version(path, version)
        make_tables(connection)
        for table in (*TABLES, "receipt", "wording", "recording"):
            if not empty and there(connection, table):
                recount(connection, table)
        connection.execute(f"PRAGMA user_version={VERSION}")


def make_tables(connection: sqlite3.Connection) -> None:
    """Make the tables that are not there yet."""
    for table, columns in (TABLES | BESIDE | {TALLY: TALLY_COLUMNS}).items():
        connection.execute(f"CREATE TABLE IF NOT EXISTS {table} (row_sha256 BLOB, {columns})")


_MOMENT = "%Y-%m-%d-%H%M%S-%f"


def dated_copy(connection: sqlite3.Connection, path: Path, why: str, sparing: Path | None = None) -> Path:
    """Copy an open study file as it stands, also while others write to it; the copy appears whole or not at all.

    Args:
        connection: To the study file.
        path: The study file.
        why: What the copy precedes, one word or two: "import", "forget"; "" where a person asked for it.
        sparing: A copy that stays, however many came after it: the one about to be put back.

    Returns:
        The copy: `backups/study-DATE-WHY.sqlite` in the study's folder. Of copies that were made by
        themselves the latest ten stay.

    Raises:
        StoreError: The disk refuses.
    """
    folder = path.parent / BACKUPS
    moment = datetime.now()
    for copy in folder.glob(f"{path.stem}-*.sqlite"):
        with suppress(ValueError):  # a clock may go back, at the end of summer too: the copy made last is named last
            before = datetime.strptime(f"{copy.stem[len(path.stem) + 1 :][:21]}000", _MOMENT)
            moment = max(moment, before + timedelta(milliseconds=1))
    target = folder / f"{path.stem}-{moment.strftime(_MOMENT)[:-3]}-{why.replace(' ', '-') or 'kept'}.sqlite"
    copy_to(connection, target)
    spared = sparing.name if sparing else ""
    unasked = sorted(p for p in folder.glob(f"{path.stem}-*.sqlite") if "-kept" not in p.stem and p.name != spared)
    for old in unasked[:-_KEPT]:
        with suppress(OSError):
            old.unlink()
    return target


def copy_to(connection: sqlite3.Connection, target: Path) -> None:
    """Copy an open study file to a single file, by SQLite's own backup, whole or not at all.

    Raises:
        StoreError: The disk refuses.
    """
    half = target.with_name(temporary(target.name) + "copy")
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        sweep(target.parent)
        os.close(os.open(half, os.O_CREAT | os.O_WRONLY, 0o600))
        with closing(sqlite3.connect(half, isolation_level=None)) as copy:
            connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, which can be moved alone
        os.replace(half, target)
    except BROKEN as error:
        raise explained(target, error) from error
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)
