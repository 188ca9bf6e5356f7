"""A program with a Django connection. It reads one SQL statement per line and prints one JSON answer."""

import json
import sys

import django
from django.db import DatabaseError, connection


def main() -> None:
    django.setup()
    for statement in sys.stdin:
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                answer = cursor.fetchone()[0] if cursor.description else None
        except DatabaseError as error:
            connection.close()
            answer = f"{type(error).__name__}: {error}"
        print(json.dumps(answer, default=str), flush=True)


if __name__ == "__main__":
    main()
