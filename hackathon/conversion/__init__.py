"""Other people's files into a bundle folder: `manage.py make_bundle`.

Read (`delimited`, `lines`, `arrow`, `coco`, `conll`), name the columns, split, write; `hackathon.bundles` judges what
was written. Pure: nothing here reads the database, and pyarrow is imported only where a file of its kind is read.
"""
