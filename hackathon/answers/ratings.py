"""`rating`: the number that a user gives an item."""

from __future__ import annotations

from django.utils.translation import gettext as _

from .numbers import NumberAnswer


class RatingAnswer(NumberAnswer):
    """As any number; what its users and items must be is `bundles.interactions`'s to say."""

    @property
    def truth_name(self) -> str:
        return _("True rating")

    @property
    def dummy_method(self) -> str:
        return _("mean rating")
