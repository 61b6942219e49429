"""Django's SQLite backend, which can also read on a disk that takes no writes (videos/db/opening.py)."""

import sqlite3
from pathlib import Path
from typing import Any

from django.db.backends.sqlite3 import base

from videos.db.opening import read_only_way, the_keeper


class DatabaseWrapper(base.DatabaseWrapper):
    """Opens the database the normal way, else read-only; each new connection tries the normal way first."""

    init_commands: list[str]

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        name = str(conn_params["database"])
        if ":memory:" in name or "mode=memory" in name:
            return super().get_new_connection(conn_params)
        path = Path(name)
        try:
            connection = super().get_new_connection(conn_params)
        except sqlite3.OperationalError as error:
            way = read_only_way(path, error)
            if way is None:
                raise
            # The journal mode cannot be changed where nothing can be written.
            kept = [command for command in self.init_commands if "journal" not in command]
            self.init_commands = [*way.first, *kept]
            try:
                return super().get_new_connection({**conn_params, "database": way.uri})
            except sqlite3.Error:
                raise error from None
        the_keeper.hold(path)
        return connection
