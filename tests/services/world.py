"""`python -m tests.services.world NODES [TINY_MODEL REAL_MODEL]`: fills a stack's empty database, says what it made as
JSON, an enrolment token for each of so many nodes among it.

Without models the base model is a row whose one file no worker could load.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import django


def main(nodes: int, *folders: Path) -> None:
    django.setup()
    from django.core.management import call_command

    from hackathon.services.import_model import import_model
    from submissions.services.nodes import create_enrolment_token
    from tests import factories

    call_command("migrate", verbosity=0)
    models = [import_model(folder=folder)[0] for folder in folders]
    world = factories.make_world(model=models[0] if models else None)
    world.challenge.limits["budget"]["max_steps"] = 5000
    world.challenge.limits["base_models"].extend(model.slug for model in models[1:])
    world.challenge.save()
    print(
        json.dumps(
            {
                "phase": str(world.phase.pk),
                "challenge": world.challenge.slug,
                "tokens": {name: f"Bearer {token}" for name, token in world.tokens.items()},
                "enrolment_tokens": [create_enrolment_token() for _ in range(nodes)],
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), *map(Path, sys.argv[2:]))
