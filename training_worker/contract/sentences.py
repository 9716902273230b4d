"""What the platform says to a team in words of its own: English here and on the wire, and a template each.

Whoever shows one to a person finds its template again (`recognize`) and says that in the reader's language. So a worker
knows one language, the same job is read in two, and what was stored before a translation came is translated too.
"""

from __future__ import annotations

import re
from functools import lru_cache

_PLACE = re.compile(r"%\((\w+)\)s")


class Sentence(str):
    """A template with `%(name)s` places. Called, it is the English sentence. Its values are text or whole numbers."""

    __slots__ = ()

    def __call__(self, **values: object) -> str:
        return self % values

    def pattern(self) -> re.Pattern[str]:
        """Matches what a call returns; a group for each place. Only the last value may have spaces: with more of
        them a text that nearly fits would be tried in very many ways.
        """
        fixed = _PLACE.split(self)
        last = len(fixed) - 2
        value = [".+" if at == last else r"\S+?" for at in range(len(fixed))]
        parts = [re.escape(part) if at % 2 == 0 else f"(?P<{part}>{value[at]})" for at, part in enumerate(fixed)]
        return re.compile("".join(parts), re.DOTALL)


# --- why a run failed -------------------------------------------------------------------------------------------

OUT_OF_MEMORY = Sentence("The training asked for more memory than there is.")
MEMORY_CAP = Sentence("The training needed %(used)s MB; the cap is %(cap)s MB.")
CARD_CAP = Sentence("The training asked for more memory of the card than there is, or than the cap of %(cap)s MB.")
HARD_WALL = Sentence("The run was still working after %(seconds)s s, its hard limit.")
SHARED_NODE = Sentence(
    "The run was still working after %(seconds)s s, its hard limit. The node was busy with other work: the run waited "
    "%(waited)s s for a processor, which is not charged."
)
SHARED_NODE_HINT = Sentence("Submit it again. If it happens again, tell an organizer.")
LOSS_NOT_FINITE = Sentence("The training loss became infinite or undefined by step %(step)s.")
LOSS_ROSE = Sentence("The training loss rose to %(loss)s by step %(step)s; guessing has %(guessing)s.")
VALIDATION_NOT_FINITE = Sentence("The validation loss at step %(step)s is not a finite number.")
PREDICTIONS_NOT_FINITE = Sentence("The trained model's predictions are not finite numbers.")
WRONG_FILE_LIST = Sentence("The model's file list does not match its address.")
NOT_SAFETENSORS = Sentence("Only safetensors models are loaded, this one has %(names)s.")
OWN_CODE = Sentence("%(name)s names code of its own (auto_map); only transformers' own classes are loaded.")
TOO_LONG = Sentence("%(name)s is longer than the %(size)s bytes that were announced.")
WRONG_SHA256 = Sentence("%(name)s has sha256 %(found)s…, announced %(announced)s….")
INVALID_PREDICTIONS = Sentence("The worker's predictions were not valid.")

HINTS: dict[str, Sentence] = {
    "config_oom": Sentence(
        "Use a smaller per_device_train_batch_size or max_length, or a method that trains fewer parameters."
    ),
    "diverged": Sentence("Lower learning_rate, add warmup_steps, or turn max_grad_norm on."),
    "time_limit": Sentence(
        "Use a smaller max_length or batch, or a cheaper method; training itself stops at the budget, but loading, "
        "validation and prediction must fit too."
    ),
    "model_integrity": Sentence(
        "This is the platform's fault, not yours: the attempt is refunded and an operator is told."
    ),
}
"""By `FailureCode`: what to do about it."""
PLATFORM_FAULT_HINT = Sentence("This is a fault of the platform: nothing was charged. The operator has been told.")

# --- why a job moved --------------------------------------------------------------------------------------------

SUBMITTED = Sentence("submitted")
CLAIMED = Sentence("claimed")
PREDICTIONS_RECEIVED = Sentence("predictions received; %(why)s")
SCORED = Sentence("scored")
CANCELLED = Sentence("cancelled")
NODE_LOST = Sentence("the node stopped responding")
SCORER_LOST = Sentence("the scorer stopped responding")
NODE_MOVED_ON = Sentence("the node claimed another job")
LOSSES = Sentence("%(losses)s losses; the last: %(reason)s")
DISK_FULL = Sentence(
    "The disk has %(free)s MB left, of the %(least)s MB a job needs: this node takes no job until there is room."
)
NODE_STOPS = Sentence("The node is shutting down.")
OTHER_RECIPE = Sentence("This node implements recipe %(have)s, the job wants %(wanted)s.")
RAISED = Sentence("The training process raised %(error)s.")
DIED = Sentence("The training process died with exit code %(code)s.")

ENDINGS: dict[str, Sentence] = {
    "epochs": Sentence("all epochs done"),
    "early_stopping": Sentence("early stopping"),
    "steps": Sentence("stopped by the budget of steps"),
    "seconds": Sentence("stopped by the budget of seconds"),
    "nothing_to_train": Sentence("nothing to train"),
}
"""By `StoppedBy`."""

# --- how a score was made, and where ----------------------------------------------------------------------------

CLASS_PROTOTYPES = Sentence("class prototypes (centred cosine), %(count)s examples a class")
WORD_PROTOTYPES = Sentence("class prototypes of words (centred cosine), %(count)s words a class")
LABEL_PROTOTYPES = Sentence("a prototype of each label at the label's frequency, %(count)s examples")
CHOICE_LIKELIHOOD = Sentence("zero-shot: the choice that is most likely to the untrained model, by the character")
CHOICE_RIDGE = Sentence("ridge regression of right choices on frozen features, %(count)s examples")
SPAN_RIDGE = Sentence("ridge regression of starts and ends on frozen features of tokens, %(count)s examples")
CELL_PROTOTYPES = Sentence("class prototypes of the cells of images (centred cosine)")
BOX_PROTOTYPES = Sentence("class prototypes of the cells of images (centred cosine), boxes by ridge regression")
RIDGE = Sentence("ridge regression on frozen features, %(count)s examples")
ZERO_SHOT_WORDS = Sentence("zero-shot: the untrained model's own head for masked words")
WORD_FREQUENCIES = Sentence("frequencies of the training answers: the model has no head for masked words")
RATING_RIDGE = Sentence("ridge regression on frozen features and mean ratings of user and item, %(count)s examples")
ZERO_SHOT = Sentence("zero-shot: the untrained model, greedy decoding, at most %(tokens)s new tokens")
ZERO_SHOT_LETTERS = Sentence("zero-shot: the untrained model, the likeliest letter of each frame (CTC)")
UNTRAINED_LETTERS = Sentence("none: a new head for %(count)s letters (CTC), not trained")
ZERO_SHOT_BOXES = Sentence("zero-shot: the untrained model, which has classes for %(known)s of the %(count)s labels")
UNTRAINED_BOXES = Sentence("none: new classes for %(count)s labels, not trained")
COSINE = Sentence("cosine of the untrained encoder's two vectors")
ONE_CPU_THREAD = Sentence("CPU, 1 thread")
CPU_THREADS = Sentence("CPU, %(count)s threads")

# --- what is wrong with a config --------------------------------------------------------------------------------

NOT_AN_OBJECT = Sentence("The config must be a JSON object.")
NOT_JSON = Sentence("This is not valid JSON.")
REQUIRED = Sentence("This field is required.")
UNKNOWN_FIELD = Sentence("There is no such field.")
NOT_WHOLE = Sentence("This is not a whole number.")
NOT_A_NUMBER = Sentence("This is not a number.")
WRONG_KIND = Sentence("This is not a value of the right kind.")
NOT_A_CHOICE = Sentence("This is not one of the choices.")
NOT_FINITE = Sentence("This is not a finite number.")
NOT_ALLOWED = Sentence("This is outside of what is allowed.")
DOUBLED = Sentence("Each technique can be used once.")
OTHER_MODEL = Sentence("This base model is not allowed in this challenge.")
OTHER_METHOD = Sentence("This method is not allowed in this challenge.")
OTHER_TECHNIQUE = Sentence("This technique is not allowed in this challenge.")
MODEL_NOT_FOR_TASK = Sentence("This base model (%(family)s) cannot do the task %(task)s.")
METHOD_NOT_FOR_TASK = Sentence("This method has no meaning for the task %(task)s.")
METHOD_NOT_FOR_MODEL = Sentence("This method does not fit a base model of the kind %(family)s.")
NO_SUCH_LAYERS = Sentence("This base model has no layers of this kind to adapt.")
TECHNIQUE_NOT_FOR_TASK = Sentence("This technique does not fit the inputs of the task %(task)s.")
TECHNIQUE_NOT_FOR_MODEL = Sentence("This technique does not fit a base model of the kind %(family)s.")
TECHNIQUE_NOT_FOR_METHOD = Sentence(
    "This technique has no effect with the method %(method)s: its backbone does not train."
)
LONGER_THAN_MODEL = Sentence("This base model reads at most %(positions)s tokens.")
FIELD_NOT_FOR_MODEL = Sentence("This has no meaning for a base model of the kind %(family)s.")
FEWER_LAYERS = Sentence("This base model has %(depth)s layers.")
NO_BIASES = Sentence("This base model has no biases to train.")
LONGER_WITH_VIRTUAL = Sentence("This base model reads at most %(positions)s tokens, %(virtual)s virtual ones included.")
NO_CHECKPOINTS_BY_METHOD = Sentence("By %(method)s activations cannot be computed again for the gradients.")
EXCLUDED = Sentence("excluded by %(name)s")
NO_CHECKPOINTS = Sentence("This base model's activations cannot be computed again for the gradients.")
PHASE_IS_FLOAT32 = Sentence("This phase computes in float32; bfloat16 weights need a phase in bf16.")
NO_4BIT_NODE = Sentence("No node of this platform can load a model in 4 bits: that needs a CUDA card and bitsandbytes.")
OUT_OF_RANGE = Sentence("%(value)s is outside this challenge's range.")
BATCH_COST = Sentence("%(examples)s examples × %(each)s = %(total)s %(unit)s a batch.")
MANY_STEPS = Sentence("%(examples)s examples, batch size %(batch)s, epochs %(epochs)s: %(steps)s steps.")
MUCH_MEMORY = Sentence("Needs about %(megabytes)s MB.")
MUCH_TIME = Sentence("Needs about %(seconds)s s.")
ABOVE = Sentence("above %(low)s … %(high)s")
AT_MOST_COST = Sentence("batch size × size of an example ≤ %(total)s %(unit)s")
AT_MOST_STEPS = Sentence("≤ %(steps)s steps: fewer epochs or a larger batch")
AT_MOST_SECONDS = Sentence("≤ %(seconds)s s of compute")

# --- what is wrong with a body or a list of problems ------------------------------------------------------------

CONFIG_TOO_LONG = Sentence("A config has at most %(limit)s KiB as JSON.")
MORE_PROBLEMS = Sentence("… and %(count)s more problems.")

UNITS: dict[str, Sentence] = {
    "tokens": Sentence("tokens"),
    "kilopixels": Sentence("kilopixels"),
    "deciseconds": Sentence("tenths of a second"),
}
"""By `TaskSpec.unit`."""

SENTENCES: tuple[Sentence, ...] = (
    *(value for value in list(globals().values()) if isinstance(value, Sentence)),
    *HINTS.values(),
    *ENDINGS.values(),
    *UNITS.values(),
)
_FIXED = frozenset(one for one in SENTENCES if not _PLACE.search(one))
_PATTERNS = [(one, one.pattern()) for one in SENTENCES if one not in _FIXED]


@lru_cache(maxsize=2048)
def recognize(text: str) -> tuple[str, dict[str, str]] | None:
    """The template that `text` was made from and its values; None for words that are not the platform's. Pure."""
    if text in _FIXED:
        return text, {}
    for template, pattern in _PATTERNS:
        if match := pattern.fullmatch(text):
            return str(template), match.groupdict()
    return None
