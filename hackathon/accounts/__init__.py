"""People's accounts: what of django-allauth is ours to decide, profile, API tokens, the demo's outbox."""
