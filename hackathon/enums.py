"""Choices of the hackathon's own rows."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class OrganizationKind(models.TextChoices):
    COMPANY = "company", _("company")
    UNIVERSITY = "university", _("university")
    RESEARCH_INSTITUTE = "research_institute", _("research institute")
    OTHER = "other", _("other")


class Role(models.TextChoices):
    ORGANIZER = "organizer", _("organizer")
    JUDGE = "judge", _("judge")
    MENTOR = "mentor", _("mentor")
    PARTICIPANT = "participant", _("participant")


class Visibility(models.TextChoices):
    DRAFT = "draft", _("draft: organizers only")
    PRIVATE = "private", _("private: accepted people only")
    PUBLIC = "public", _("public: everybody")


class ScoreVisibility(models.TextChoices):
    """What the board of a phase shows to others than the organizers."""

    LIVE = "live", _("public scores, live")
    FROZEN = "frozen", _("frozen: public scores as of the freeze")
    RELEASED = "released", _("private scores are released")


class Precision(models.TextChoices):
    FP32 = "fp32", "fp32"
    BF16 = "bf16", "bf16"


class ModelFamily(models.TextChoices):
    ENCODER = "encoder", _("encoder")
    DECODER = "decoder", _("decoder")
    ENCODER_DECODER = "encoder-decoder", _("encoder-decoder")
    VISION = "vision", _("vision")
    DETECTOR = "detector", _("detector")
    SPEECH = "speech", _("speech")
    SPEECH_ENCODER = "speech-encoder", _("speech encoder")


class TokenScope(models.TextChoices):
    READ = "read", _("read")
    SUBMIT = "submit", _("read and submit")
