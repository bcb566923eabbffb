"""Is a database one of Chroma's? Asked before Chroma would write its tables into it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from ..errors import BadInput

_COLUMNS = {"migrations": {"dir", "version", "filename", "sql", "hash"}, "collections": {"id", "name"}}
"""What every version of Chroma's database has, and its Rust core panics without."""


def check_database(database: Path, remedy: str) -> None:
    """Raises BadInput, with this remedy, where a file is there that is no database of Chroma's."""
    if not database.exists() or database.stat().st_size == 0:
        return
    try:
        # Not mode=ro: after a kill SQLite first rolls the unfinished write back, and for that it has to write.
        connection = sqlite3.connect(f"{database.as_uri()}?mode=rw", uri=True)
        try:
            # A table that is not there has no columns.
            sound = all(
                columns <= {r[0] for r in connection.execute("select name from pragma_table_info(?)", (table,))}
                for table, columns in _COLUMNS.items()
            )
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise BadInput(str(database), f"this is not a Chroma store ({error})", remedy) from None
    if not sound:
        raise BadInput(str(database), "this database is not a Chroma store", remedy)
