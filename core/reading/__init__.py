"""Files in, rows out: JSON, CSV, text, Parquet, Arrow, data sets of `datasets`; one row in memory at a time.

Every row knows its place. What is wrong with one row is a BadRow, and reading goes on where it can; what is
wrong with a whole file is a DataError.
"""

from sftctl.core.reading.files import files_of, is_hub_id, labels_of, read_rows, rows_of
from sftctl.core.reading.rows import BadRow, Row

__all__ = ["BadRow", "Row", "files_of", "is_hub_id", "labels_of", "read_rows", "rows_of"]
