"""What a page says of a run that answers everything alike: what happened, and what to change."""

from __future__ import annotations

from django.utils.translation import gettext as _

from training_worker.contract.config import SubmissionConfig
from training_worker.contract.report import Collapse
from training_worker.contract.text import isolated


def collapse_text(collapse: Collapse) -> str:
    answer = collapse.answer if isinstance(collapse.answer, str) else f"{collapse.answer:.4g}"
    percent = int(100 * collapse.share)  # 99.9 is not yet all of them
    text = _("The model has collapsed: it predicts “%(answer)s” for %(percent)d %% of the validation data.")
    return text % {"answer": isolated(answer) if answer else _("no answer"), "percent": percent}


def collapse_hint(config: SubmissionConfig, steps: int) -> str:
    training = config.training
    text = _(
        "What usually helps: a lower learning rate (now %(rate)g), more warm-up (now %(warmup)g), "
        "more steps (%(steps)d so far), or another method than %(method)s."
    )
    return text % {
        "rate": training.learning_rate,
        "warmup": training.warmup_steps,
        "steps": steps,
        "method": config.method.name,
    }
