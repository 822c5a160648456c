"""What the product is measured by: `manage.py bench`.

One module for each benchmark, with `run(options) -> list[Figure]`. Each compares with the plain
alternative in the same run, because a machine's own speed says nothing about the product. They
work on databases and folders of their own and remove them afterwards.
"""
