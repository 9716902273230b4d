"""Challenge bundles: a folder with `challenge.yaml` and data files, judged as a whole before anything is kept."""
