"""Static files that come from npm packages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.staticfiles.finders import FileSystemFinder

UNUSED = ("echarts.[!m]*", "extension", "package.json")


class PackageFinder(FileSystemFinder):
    """Of ECharts' 50 MB of builds only the one that pages load is collected."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        return super().list([*(ignore_patterns or ()), *UNUSED])
