"""What a sound file of a bundle must be."""

from __future__ import annotations

import io
from pathlib import PurePath

import numpy as np
import soundfile
from django.utils.translation import gettext as _

from .folder import MEGABYTE

MAX_BYTES = 32 * MEGABYTE
MIN_SECONDS, MAX_SECONDS = 0.1, 600
MIN_RATE, MAX_RATE = 8_000, 48_000
MAX_CHANNELS = 2
BLOCK = 2**18
"""Frames that are decoded at once."""
FORMATS = {".wav": ("WAV", "WAVEX"), ".flac": ("FLAC",), ".ogg": ("OGG",), ".mp3": ("MP3", "MPEG")}
"""By a name's ending: what libsndfile calls its formats."""


def audio_problem(name: str, body: bytes) -> str:
    """What is wrong with a sound file; "" where nothing is. Its length is looked at before anything is decoded."""
    if len(body) > MAX_BYTES:
        return _("The sound file is larger than %(limit)d MiB.") % {"limit": MAX_BYTES // MEGABYTE}
    ending = PurePath(name).suffix.lower()
    try:
        with soundfile.SoundFile(io.BytesIO(body)) as file:
            if file.format not in FORMATS[ending]:
                return _undecodable(ending)
            return _form_problem(file) or ("" if _is_whole(file, ending, body) else _undecodable(ending))
    except (soundfile.SoundFileError, RuntimeError, ValueError, TypeError):  # of libsndfile, for broken bytes
        return _undecodable(ending)


def seconds_of(body: bytes) -> float:
    """Of a sound file without a problem."""
    with soundfile.SoundFile(io.BytesIO(body)) as file:
        return float(file.frames / file.samplerate)


def _undecodable(ending: str) -> str:
    return _("The sound file cannot be decoded as %(kind)s.") % {"kind": ending[1:].upper()}


def _form_problem(file: soundfile.SoundFile) -> str:
    if not MIN_RATE <= file.samplerate <= MAX_RATE:
        message = _("The sample rate is %(rate)d Hz; it must be from %(low)d to %(high)d Hz.")
        return message % {"rate": file.samplerate, "low": MIN_RATE, "high": MAX_RATE}
    if file.channels > MAX_CHANNELS:
        message = _("The sound has %(count)d channels; it may have %(most)d.")
        return message % {"count": file.channels, "most": MAX_CHANNELS}
    if file.frames < MIN_SECONDS * file.samplerate:
        return _("The sound is shorter than %(least)g s.") % {"least": MIN_SECONDS}
    if file.frames > MAX_SECONDS * file.samplerate:
        return _("The sound is longer than %(most)d s.") % {"most": MAX_SECONDS}
    return ""


def _is_whole(file: soundfile.SoundFile, ending: str, body: bytes) -> bool:
    """Can every frame be decoded that the file says it has, and are all finite? An MP3 says nothing to be held to."""
    if ending == ".wav" and int.from_bytes(body[4:8], "little") > len(body) - 8:
        return False  # libsndfile takes what is left of a cut file for the whole
    if ending == ".ogg" and not _has_last_page(body):
        return False
    frames = 0
    for block in file.blocks(BLOCK, dtype="float32"):
        if not np.isfinite(block).all():
            return False
        frames += len(block)
    return bool(frames == file.frames)


def _has_last_page(body: bytes) -> bool:
    """Is the last page of an Ogg stream marked as its end, and all there (RFC 3533, section 6)?"""
    page = body[body.rfind(b"OggS") :]
    if len(page) < 27 or not page[5] & 4:
        return False
    segments = page[27 : 27 + page[26]]
    return len(page) >= 27 + page[26] + sum(segments)
