"""What the site and the GPU worker agree on: pydantic models and pure functions, no torch, no Django."""
