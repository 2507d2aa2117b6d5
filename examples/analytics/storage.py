"""The inbox and the effect in one SQLite file, in one transaction."""

import sqlite3
from datetime import datetime

SCHEMA = """
create table if not exists inbox (message_id text primary key);
create table if not exists mentoring (
  mentor_profile_id text primary key,
  sessions integer not null,
  seconds real not null
);
"""


def open_database(path):
    database = sqlite3.connect(path, timeout=30, isolation_level=None)
    database.execute("pragma journal_mode = wal")
    database.executescript(SCHEMA)
    return database


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def store(database, event):
    """Adds a session to its mentor's figures, once for each message id; false for a copy."""
    data = event["data"]
    seconds = (moment(data["completedAt"]) - moment(data["startedAt"])).total_seconds()
    database.execute("begin immediate")
    try:
        entered = database.execute("insert or ignore into inbox values (?)", (event["id"],)).rowcount
        if entered:
            database.execute(
                "insert into mentoring values (?, 1, ?) on conflict (mentor_profile_id)"
                " do update set sessions = sessions + 1, seconds = seconds + excluded.seconds",
                (data["mentorProfileId"], seconds),
            )
        database.execute("commit")
    except BaseException:
        if database.in_transaction:
            database.execute("rollback")
        raise
    return bool(entered)
