"""Tasks whose input is a row of a table: a language model reads it as one text (`contract.records`)."""

from __future__ import annotations

from ..contract.records import record_text
from .split import Row
from .text_task import TextTask

USAGE = """\
def word(value):
    if isinstance(value, bool) or value is None:
        return {{None: "missing", True: "yes", False: "no"}}[value]
    return f"{{value:.6g}}" if isinstance(value, float) else str(value)

@torch.inference_mode()
def predict(features):
    text = "; ".join(f"{{name}}: {{word(value)}}" for name, value in features.items())
    inputs = processor(text, truncation=True, max_length={max_length}, return_tensors="pt")
    hidden = model(**inputs).last_hidden_state
    outputs = {pooled} @ head["weight"].T + head["bias"]
    return {answer}
"""


class RecordTask(TextTask):
    def texts_of(self, row: Row) -> tuple[str, str]:
        return record_text(row["features"]), ""
