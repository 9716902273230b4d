"""`python -m training_worker --site URL --broker URL [--enrol TOKEN]`: one command makes this machine a GPU node.

Every training child imports this module anew, as multiprocessing does with the main one: nothing is imported at its
top (Celery alone would cost each job 90 ms).
"""

if __name__ == "__main__":
    import sys

    from .node.start import main

    sys.exit(main())
