#!/usr/bin/env python
"""Django's command line for the operator: its process may read labels (imports and exports run here)."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hackathon.settings")
    os.environ.setdefault("HACKTUNE_ROLE", "manage")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
